package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.platform.Platform
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** A pool's epochs: which one is open, which wait for their last lease, and what happens to blocks whose epoch has retired. */
internal class EpochLedger(
    val owner: Any,
    val poolName: String,
    private val platform: Platform,
    boundBytes: Long,
    boundBlocks: Int,
    private val exact: Boolean,
    private val keeper: Keeper,
    private val arenas: Arenas = Arenas(),
) {
    /** What the ledger asks of its pool. */
    interface Keeper {
        /** Notes the closed block [packed] of [epoch] for the calling thread. */
        fun note(epoch: Epoch, packed: Long, size: Long)

        /** Takes the closed block [packed] of [epoch] into quarantine, whose ticket was claimed before it ended. */
        fun noteClaimed(epoch: Epoch, packed: Long): Unit = error("exact epochs have no claims")

        /** How many bytes a block has whose lease's word has [code] in it. */
        fun bytesOf(code: Int): Long = SizeClasses.sizeOf(code)

        /** Takes back that [packed] was noted, because it had been noted before. */
        fun reportedTwice(packed: Long)

        /** Takes the blocks in [note] back, whose epoch has retired, and the note, which goes to [spare]. */
        fun recycle(note: Magazine)

        /** Says that one epoch's [recycle] is done. */
        fun recycled()

        /** Reports what threads have not reported yet. */
        fun settle()
    }

    private val size = EpochSize(boundBytes, boundBlocks)
    private val lock = ReentrantLock()
    private var current: Epoch? = null
    private var currentBytes = 0L
    private var currentBlocks = 0
    private var mostBytes = 0L
    private var mostBlocks = 0
    private val completed = ArrayDeque<Epoch>()
    private val unretired = AtomicLong()
    private val spareNotes = MagazineStack()

    // One settlement for each epoch that is sealed: those that long leases hold open would ask for one again and
    // again.
    @Volatile private var settleDue = false

    /** Whether epochs are used at all, or every shared lease has an arena of its own. */
    val enabled: Boolean get() = size.enabled

    // Closed blocks in epochs that wait for others which are still open, in bytes.
    private val pinned = AtomicLong()

    // The block that the open epoch began with, in bytes, and when that was.
    private var openedFor = 0L
    private var openedAt = 0L

    /** Whether a block of [bytes] may share an epoch. */
    fun accepts(bytes: Long): Boolean = bytes < OWN_ARENA_FROM && size.accepts(bytes)

    /** Lets epochs grow again when little is in quarantine; for a block of [bytes] that was not accepted, and so opens none. */
    fun relax(bytes: Long) {
        if (size.isShrunk) lock.withLock { size.change(bytes, bytes, EpochSize.FOREVER, pinned.get()) }
    }

    /** Called when [bytes] of closed blocks have come into an epoch that is not complete. */
    fun pinned(bytes: Long) {
        pinned.addAndGet(bytes)
    }

    /** How many tickets a thread takes, and how many closed leases it notes, at a time, at most. */
    val batch: Int = minOf(EpochShare.BATCH, maxOf(1, size.blocks / 8))

    /** An empty note for [batch] closed leases. */
    fun emptyNote(): Magazine = spareNotes.pop() ?: Magazine(batch)

    /** Takes back a note that is no longer needed. */
    fun spare(note: Magazine) {
        note.count = 0
        if (note.rounds.size == batch) spareNotes.push(note)
    }

    /** How many tickets for blocks of [bytes] a thread should take at a time: never more than an eighth of an epoch. */
    fun batchOf(bytes: Long): Int {
        val most = maxOf(1, minOf(batch, size.blocks / 8)).toLong()
        return (size.bytesFor(bytes) / 8 / bytes).coerceIn(1, most).toInt()
    }

    /** Gives [tickets] for [bytes] bytes out and answers the first of them. */
    fun grant(tickets: Int, bytes: Long): Ticket {
        val first = lock.withLock { grantLocked(tickets, bytes) }
        keepUp()
        return first
    }

    private fun grantLocked(tickets: Int, bytes: Long): Ticket {
        val open = current
        if (open != null && currentBytes + bytes <= mostBytes && currentBlocks + tickets <= mostBlocks) {
            check(open.tryGrant(tickets))
            currentBytes += bytes
            currentBlocks += tickets
            return Ticket(open, currentBlocks - tickets)
        }
        val now = System.nanoTime()
        size.change(currentBytes, openedFor, if (open == null) EpochSize.FOREVER else now - openedAt, pinned.get())
        sealLocked()
        openedFor = bytes / tickets
        openedAt = now
        mostBytes = size.bytesFor(openedFor)
        mostBlocks = maxOf(tickets, size.blocks)
        val arena = if (platform.bindsViews) arenas.open() else null
        val fresh = Epoch(this, arena, exact, mostBlocks)
        check(fresh.tryGrant(tickets))
        unretired.incrementAndGet()
        current = fresh
        currentBytes = bytes
        currentBlocks = tickets
        return Ticket(fresh, 0)
    }

    private fun sealLocked() {
        current?.seal()
        current = null
        settleDue = true
    }

    /** Lets the epochs that are complete retire, the open one too if its leases are closed. On the caller's thread. */
    fun retireNow() {
        lock.withLock { sealLocked() }
        help()
    }

    // Off the caller's path, unless that is hopelessly behind: then the caller helps, so that quarantine stays
    // bounded.
    private fun keepUp() {
        when {
            unretired.get() <= SETTLE_ABOVE -> return

            unretired.get() > size.backlog && lock.withLock { completed.isNotEmpty() } -> help()

            settleDue -> {
                settleDue = false
                Retirer.settle(this)
            }
        }
    }

    // What cannot retire yet is left to the one who has time to try again.
    private fun help() {
        if (!retireCompleted()) Retirer.retire(this)
    }

    /** Called once, by whoever found [epoch] sealed with all leases closed. */
    fun complete(epoch: Epoch) {
        pinned.addAndGet(-epoch.depositedBytes)
        lock.withLock { completed.addLast(epoch) }
        Retirer.retire(this)
    }

    /** Ends the lease of a block in [epoch]. */
    fun closed(epoch: Epoch, address: Long, word: Int, size: Long): Unit =
        keeper.note(epoch, PackedBlock.pack(address, word), size)

    /** [closed] for a lease whose ticket was claimed. */
    fun closedClaimed(epoch: Epoch, address: Long, word: Int): Unit =
        keeper.noteClaimed(epoch, PackedBlock.pack(address, word))

    /** How many bytes the block of a lease with [word] has. */
    fun bytesOf(word: Int): Long = keeper.bytesOf(PackedBlock.codeOf(word))

    /** Called for each block that racing closes have reported more than once, for every time but the first. */
    fun reportedTwice(packed: Long): Unit = keeper.reportedTwice(packed)

    /** Reports for idle threads, if epochs have been waiting for that. */
    fun settleIfBehind() {
        if (unretired.get() > SETTLE_ABOVE) keeper.settle()
    }

    /**
     * Retires what is complete. One thread at a time, so that whoever returns from here knows that nothing is still
     * on its way.
     *
     * @return false when an epoch could not be, because a native call or an input/output operation uses a view of it just now
     */
    @Synchronized
    fun retireCompleted(): Boolean {
        var all = true
        // One that is in use does not hold up those behind it, because it may be long until it is tried again.
        repeat(lock.withLock { completed.size }) {
            val epoch = lock.withLock { completed.removeFirstOrNull() } ?: return all
            if (!retire(epoch)) {
                lock.withLock { completed.addLast(epoch) }
                all = false
            }
        }
        return all
    }

    private fun retire(epoch: Epoch): Boolean {
        try {
            if (epoch.arena != null) arenas.close(epoch.arena)
        } catch (_: IllegalStateException) {
            // In use by a native call. The epoch stays complete, its blocks stay in quarantine, and it is tried
            // again.
            return false
        }
        while (true) {
            val note = epoch.withdraw() ?: break
            keeper.recycle(note)
        }
        unretired.decrementAndGet()
        keeper.recycled()
        return true
    }

    private companion object {
        /** From this size on a handshake is small beside what the block itself costs, in bytes. */
        const val OWN_ARENA_FROM = 1L shl 20
        const val SETTLE_ABOVE = 2L
    }
}
