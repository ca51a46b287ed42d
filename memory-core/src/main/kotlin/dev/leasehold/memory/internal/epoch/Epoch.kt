package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.Tenure
import java.lang.foreign.Arena
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicLongArray

/*
 * Shared leases without a shared arena each.
 *
 * Closing a shared arena is a handshake with every thread, tens of microseconds. So many leases live under one arena,
 * their epoch. A lease that is closed refuses by its own state word at once; its block goes into quarantine, where
 * nobody rents it, because somebody may have kept a raw view. When an epoch gives out no more tickets and all of its
 * leases are closed, it retires: the arena is closed, every kept view throws from then on, and the quarantined blocks
 * are free again.
 *
 *   open ──seal──▶ sealed ──last lease closed──▶ complete ──arena closed──▶ retired
 *
 * Whether an epoch is complete is one number, the balance: tickets given out, less tickets given up, less leases
 * closed. The sign bit is the seal. Whoever brings a sealed balance to zero, and it is exactly one, hands the epoch
 * on to be retired. Threads take tickets and report closed leases some dozens at a time, so the balance is touched
 * once for many leases; what they have not reported yet lies in their EpochShare, and a revoker can report it for
 * them.
 *
 * Two threads that close one lease at the same moment may both report it. Telling them apart with a compare-and-set in every close
 * would cost more than all the rest (a fence that waits for every write to the leased memory), so it is done here, for a batch at a
 * time: every lease has a ticket of its own, and a bit for each ticket says whether it was reported.
 *
 * A lease that is transferred becomes another lease over the same bytes, in the same epoch and with the same ticket.
 * Closes of the old lease may still be on their way then, so the transfer claims the ticket: it sets the bit as if the
 * lease had been reported, and whichever close comes later is dropped. A close that came first makes the claim fail.
 * The new lease ends once, by a compare-and-set, and goes around the bits.
 *
 * A lease that stays open keeps its epoch's closed blocks in quarantine, at most the bound. Where many do, epochs get
 * smaller, until what is kept like that is a few times the bound (EpochLedger.adapt). When the pool is at its limit,
 * shared leases get an arena each, so that a close frees at once: the exact way is the slow way, and is taken when it
 * matters.
 */
internal class Epoch(
    private val ledger: EpochLedger,
    @JvmField val arena: Arena?,
    exact: Boolean,
    tickets: Int,
    private val complete: (Epoch) -> Unit = ledger::complete,
) : Tenure(ledger.owner, ledger.poolName, exact) {
    private val balance = AtomicLong()
    private val deposits = MagazineStack()
    private val deposited = AtomicLong()
    private val reported = AtomicLongArray(if (exact) 0 else (tickets + 63) ushr 6)

    override fun end(address: Long, word: Int, size: Long): Unit = ledger.closed(this, address, word, size)

    override fun cancel(): Unit = giveUp(1)

    // A pin counts as one more lease that is open. A sealed epoch takes it too, as long as another lease keeps it.
    override fun pin(): Boolean {
        while (true) {
            val seen = balance.get()
            if (seen == SEALED) return false
            if (balance.compareAndSet(seen, seen + 1)) return true
        }
    }

    override fun unpin() = settle(1)

    override fun bytesOf(word: Int): Long = ledger.bytesOf(word)

    override fun claim(word: Int): Boolean {
        if (exact) return true
        val packed = PackedBlock.pack(0, word)
        val at = PackedBlock.ticket(packed) ushr 6
        val before = reported.getAndAccumulate(at, bit(packed)) { seen, more -> seen or more }
        return before and bit(packed) == 0L
    }

    override fun endClaimed(address: Long, word: Int, size: Long) {
        if (exact) end(address, word, size) else ledger.closedClaimed(this, address, word)
    }

    /** Takes the closed blocks in [note], whose tickets were claimed, into quarantine. */
    fun depositClaimed(note: Magazine) {
        val count = note.count
        deposits.push(note)
        settle(count)
    }

    /** Gives [tickets] out, each good for one lease; false when the epoch is sealed. */
    fun tryGrant(tickets: Int): Boolean {
        while (true) {
            val seen = balance.get()
            if (seen < 0) return false
            if (balance.compareAndSet(seen, seen + tickets)) return true
        }
    }

    /** Takes [tickets] back that no lease used. */
    fun giveUp(tickets: Int) = settle(tickets)

    /** Takes the closed blocks in [note] into quarantine, and the note with them; those that were reported before are dropped. */
    fun deposit(note: Magazine) {
        if (!exact) keepUnreported(note)
        // Counted before the push: from then on the note may be emptied by whoever retires this epoch.
        val count = note.count
        if (count == 0) return ledger.spare(note)
        keepCount(note)
        deposits.push(note)
        settle(count)
    }

    private fun keepCount(note: Magazine) {
        var bytes = 0L
        for (index in 0 until note.count) bytes += ledger.bytesOf(PackedBlock.code(note.rounds[index]))
        deposited.addAndGet(bytes)
        ledger.pinned(bytes)
    }

    /** How many bytes of closed blocks have come in. */
    val depositedBytes: Long get() = deposited.get()

    private fun keepUnreported(note: Magazine) {
        val rounds = note.rounds
        val count = note.count
        var kept = 0
        var from = 0
        while (from < count) {
            val word = PackedBlock.ticket(rounds[from]) ushr 6
            var mask = 0L
            var to = from
            while (to < count && PackedBlock.ticket(rounds[to]) ushr 6 == word && mask and bit(rounds[to]) == 0L) {
                mask = mask or bit(rounds[to++])
            }
            val before = reported.getAndAccumulate(word, mask) { seen, more -> seen or more }
            while (from < to) {
                val packed = rounds[from++]
                if (before and bit(packed) == 0L) rounds[kept++] = packed else ledger.reportedTwice(packed)
            }
        }
        note.count = kept
    }

    private fun bit(packed: Long): Long = 1L shl PackedBlock.ticket(packed)

    /** Gives no more tickets out. Once. */
    fun seal() {
        if (balance.addAndGet(SEALED) == SEALED) complete(this)
    }

    private fun settle(count: Int) {
        if (count != 0 && balance.addAndGet(-count.toLong()) == SEALED) complete(this)
    }

    /** Takes a note of quarantined blocks out, or answers null when there is none left. Only after the arena was closed. */
    fun withdraw(): Magazine? = deposits.pop()

    private companion object {
        const val SEALED = Long.MIN_VALUE
    }
}
