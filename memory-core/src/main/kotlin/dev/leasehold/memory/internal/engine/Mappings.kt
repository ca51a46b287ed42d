package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.cache.LargeDepot
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.store.LargeBlocks
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The way of large blocks, each with a mapping of its own, between their holders and the [store]: by the [depot], as
 * that of [Magazines]. Any thread.
 *
 * @param keepsNothing whether nothing may lie idle here
 */
internal class Mappings(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val depot: LargeDepot<LargeSource>,
    private val shortage: Shortage,
    private val keepsNothing: Boolean,
    private val purge: Purge,
    private val epochs: EpochLedger,
    private val counts: UncachedCounts,
    private val hygiene: HygieneAction,
) {
    /** Takes a block of at least [size] bytes out of turn; null when it cannot be had. */
    fun take(size: Long): Taken? {
        if (!shortage.mayTake) return null
        depot.take(store.largeBytes(size))?.let { return takeIdle(it) }
        return store.lock.withLock {
            // What fits best is found there, among all that is idle.
            if (depot.idleBytes != 0L) {
                store.comesBack()
                depot.drainNear(store.largeBytes(size)) { store.giveBackLarge(it.region) }
            }
            takeLocked(size)
        }
    }

    /** Takes one out of the store, whose lock the caller has. */
    fun takeLocked(size: Long): Taken? {
        val region = store.takeLarge(size) ?: return null
        try {
            return taken(LargeSource(state, store, this, epochs, counts, hygiene, region))
        } catch (full: OutOfMemoryError) {
            store.giveBackLarge(region)
            throw full
        }
    }

    private fun takeIdle(source: LargeSource): Taken = try {
        taken(source)
    } catch (full: OutOfMemoryError) {
        line.serveAfter { store.giveBackLarge(source.region) }
        throw full
    }

    private fun taken(source: LargeSource): Taken {
        val taken = source.taken()
        counts.count(1, source.region.bytes)
        return taken
    }

    /** Takes the block of [source] back, which may be given to the next holder as it is. */
    fun giveBack(source: LargeSource) {
        val region = source.region
        counts.count(-1, -region.bytes)
        if (shortage.mustReturn || keepsNothing || !leave(source)) return giveBack(region)
        purge.arrived()
        // A thread that began to take everything back meanwhile may have passed the depot already.
        if (shortage.mustReturn) drain()
    }

    private fun leave(source: LargeSource): Boolean = try {
        val bytes = source.region.bytes
        LargeDepot.isKept(bytes).also { if (it) depot.leave(source, bytes) }
    } catch (_: OutOfMemoryError) {
        false
    }

    private fun giveBack(region: LargeBlocks.Region) {
        line.serveAfter { store.giveBackLarge(region) }
        shortage.cameBack()
    }

    /** Gives all that lies in the depot back to the store. */
    fun drain() {
        if (depot.idleBytes == 0L) return
        line.serveAfter { depot.drainInto(store, Long.MAX_VALUE) }
        shortage.cameBack()
    }
}

/** Brings at least [wanted] bytes to [store], as a depot of magazines does. Under the lock of the store. */
internal fun LargeDepot<LargeSource>.drainInto(store: SlabStore, wanted: Long) {
    store.comesBack()
    drain(wanted) { store.giveBackLarge(it.region) }
}
