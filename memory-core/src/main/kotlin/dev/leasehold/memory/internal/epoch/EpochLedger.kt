package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.Upkeep
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.locks.ReentrantLock
import java.util.function.LongSupplier
import kotlin.concurrent.withLock

/**
 * An engine's epochs: which one is open, which wait for their last block, and what happens to the blocks of one that
 * has retired. Any thread.
 *
 * At most [MOST_EPOCHS] are not retired at a time, and each takes in its part of the bounds. So what waits in
 * quarantine never passes them, whatever stays open: where no epoch has room, a view gets an arena of its own, which is
 * exact and slower.
 *
 * An open epoch in which nothing has happened for a second is sealed and retired, so that what was closed there does
 * not wait for a neighbour that never comes.
 *
 * @param boundBytes how many bytes may wait in quarantine, in all epochs together, now
 * @param boundBlocks how many blocks may
 */
internal class EpochLedger(
    private val platform: Platform,
    private val boundBytes: LongSupplier,
    boundBlocks: Int,
    private val arenas: Arenas,
    private val release: (EpochView) -> Unit,
) {
    private val blocks = if (boundBlocks > 0) maxOf(1, boundBlocks / MOST_EPOCHS) else 0
    private val lock = ReentrantLock()
    private val unretired = AtomicInteger()

    // How many bytes the epochs that are not retired can take in.
    private val granted = AtomicLong()
    private val completed = ArrayDeque<Epoch>(2 * MOST_EPOCHS)
    private val aging = Aging()

    @Volatile private var current: Epoch? = null

    /** A view of the [size] bytes at [address], of a block of [blockBytes]: in the open epoch, if it has room. */
    fun view(address: Long, size: Long, blockBytes: Long): KeptView {
        val epoch = enter(blockBytes) ?: return ownView(address, size)
        try {
            val view = EpochView(platform.view(address, size, epoch.arena), epoch)
            aging.expect()
            return view
        } catch (failure: Throwable) {
            epoch.leave(null)
            throw failure
        }
    }

    /**
     * A view of the [size] bytes at [address] in an arena of its own, for the block of [trace] if that is not null, and
     * to read only, if it is [isReadOnly].
     */
    fun ownView(address: Long, size: Long, trace: Trace? = null, isReadOnly: Boolean = false): KeptView {
        val arena = if (platform.bindsViews) arenas.open(trace) else null
        try {
            val view = platform.view(address, size, arena)
            return OwnView(if (isReadOnly) view.asReadOnly() else view, arena, arenas)
        } catch (failure: Throwable) {
            if (arena != null) arenas.close(arena)
            throw failure
        }
    }

    private fun enter(blockBytes: Long): Epoch? {
        if (blocks == 0 || blockBytes >= OWN_ARENA_FROM) return null
        while (true) {
            val open = current
            if (open != null && blockBytes <= open.bytes && open.tryEnter(blockBytes)) return open
            if (blockBytes > boundBytes.asLong / MOST_EPOCHS) return null
            if (!replace(open) && !retireCompleted()) return null
        }
    }

    /** Opens an epoch in the place of [full]; false when there may be no more now. */
    private fun replace(full: Epoch?): Boolean = lock.withLock {
        if (current !== full) return true
        sealCurrent()
        if (unretired.get() >= MOST_EPOCHS) return false
        val bound = boundBytes.asLong
        val bytes = minOf(bound / MOST_EPOCHS, bound - granted.get())
        if (bytes <= 0) return false
        current = Epoch(if (platform.bindsViews) arenas.open() else null, bytes, blocks, ::completed)
        unretired.incrementAndGet()
        granted.addAndGet(bytes)
        true
    }

    private fun sealCurrent() {
        val open = current
        current = null
        open?.seal()
    }

    private fun completed(epoch: Epoch) {
        lock.withLock { completed.addLast(epoch) }
        // Away from the closing thread, which should not wait for a handshake.
        try {
            Background.untilDone(this, ::retireAll)
        } catch (_: OutOfMemoryError) {
            // The thread that closes must not fail for that: it is retired with what ages, or by who needs it.
            aging.expect()
        }
    }

    /** Sees to it that the open epoch is retired when nothing happens in it any more. */
    fun expectAging(): Unit = aging.expect()

    private fun retireAll(): Boolean {
        val _ = retireCompleted()
        return lock.withLock { completed.isEmpty() }
    }

    /** Seals the open epoch when nothing has happened in it for a while. */
    private inner class Aging : Upkeep() {
        private var seen: Epoch? = null
        private var seenActivity = 0L

        override fun look(): Boolean {
            val open = current
            val activity = open?.activity ?: 0
            if (open === seen && activity == seenActivity) {
                seen = null
                retireNow()
                return !retireAll()
            }
            seen = open
            seenActivity = activity
            return true
        }
    }

    /** Retires what can be retired, the open epoch too if its blocks are closed. No lock where nothing waits. */
    fun retireNow() {
        if (unretired.get() == 0) return
        lock.withLock { sealCurrent() }
        val _ = retireCompleted()
    }

    /**
     * Retires what is complete. One thread at a time, so that when this returns nothing is still on its way.
     *
     * @return whether any was retired
     */
    @Synchronized
    fun retireCompleted(): Boolean {
        var any = false
        repeat(lock.withLock { completed.size }) {
            val epoch = lock.withLock { completed.removeFirstOrNull() } ?: return any
            if (retire(epoch)) any = true else lock.withLock { completed.addLast(epoch) }
        }
        return any
    }

    private fun retire(epoch: Epoch): Boolean {
        try {
            if (epoch.arena != null) arenas.close(epoch.arena)
        } catch (_: IllegalStateException) {
            // A native call uses a view. The epoch stays complete and is tried again; its blocks stay in quarantine.
            return false
        }
        val first = epoch.takeClosed()
        Events.tell { it.retired(arenas.owner.name, countOf(first), System.nanoTime() - epoch.opened) }
        if (first != null) release(first)
        granted.addAndGet(-epoch.bytes)
        unretired.decrementAndGet()
        return true
    }

    private fun countOf(first: EpochView?): Int = generateSequence(first, EpochView::next).count()

    companion object {
        /** How many epochs there are at most that have not retired. */
        const val MOST_EPOCHS: Int = 4

        /** From this size on a handshake is small beside what the block itself costs, in bytes. */
        private const val OWN_ARENA_FROM = 1L shl 20
    }
}
