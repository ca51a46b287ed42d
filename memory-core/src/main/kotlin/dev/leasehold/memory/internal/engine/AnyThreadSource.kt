package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.Caches
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The source of blocks of a size class that any thread may close: they go into that thread's cache, else into a shared
 * cache, else into the store.
 */
internal class AnyThreadSource(
    state: EngineState,
    private val caches: Caches,
    private val store: SlabStore,
    private val line: WaitLine,
    private val shortage: Shortage,
    private val purge: Purge,
    private val epochs: EpochLedger,
    private val counts: UncachedCounts,
    private val hygiene: HygieneAction,
) : HeldSource(state) {
    override val returnsLost: Boolean get() = true

    override fun giveBack(address: Long, code: Int, size: Long) {
        val cache = caches.of(Thread.currentThread())
        if (cache != null) return cache.giveBack(address, code, size)
        if (caches.withShared { it.giveBack(address, code, size) }) return
        StackRoom.require()
        if (hygiene.onClose) hygiene.ended(address, size)
        counts.count(-1, -SizeClasses.sizeOf(code))
        line.serveAfter { store.giveBack(address) }
        shortage.cameBack()
    }

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
        if (trace != null || shortage.isOn) {
            epochs.ownView(address, size, trace)
        } else {
            epochs.view(address, size, SizeClasses.sizeOf(code))
        }

    override fun quarantine(view: EpochView, address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        counts.countQuarantined(SizeClasses.sizeOf(code))
        view.quarantine(address, code)
        purge.arrived()
        // It may have been taken in just when memory ran short or the engine was closed, by an epoch that is not sealed
        // otherwise.
        if (shortage.isOn || !shortage.mayTake) epochs.retireNow()
    }

    // ---- another size class where it lies ----

    override fun returnsTail(code: Int, size: Long): Boolean =
        store.isSpan(code) && SizeClasses.indexOf(maxOf(size, 1)) < code

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
        if (size > SizeClasses.LARGEST) return NOT_HERE
        val wanted = SizeClasses.indexOf(maxOf(size, 1))
        if (wanted == code || (wanted < code && !alone)) return code
        StackRoom.require()
        if (tryChange(address, code, wanted)) return wanted
        // What cannot be given back the block keeps.
        return if (wanted < code) code else NOT_HERE
    }

    private fun tryChange(address: Long, from: Int, to: Int): Boolean {
        if (!store.isSpan(from) || !store.isSpan(to)) return false
        if (state.leaf.insist { if (changeOnce(address, from, to)) Unit else null } == null) return false
        counts.count(0, SizeClasses.sizeOf(to) - SizeClasses.sizeOf(from))
        return true
    }

    private fun changeOnce(address: Long, from: Int, to: Int): Boolean {
        if (to > from) return store.lock.withLock { store.tryExtend(address, from, to) }
        line.serveAfter { store.shrink(address, from, to) }
        return true
    }
}
