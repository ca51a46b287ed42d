package dev.leasehold.memory.internal.slab

/** One thread's unreported part in the epochs: tickets that it holds, and closed leases. In its cache's busy region only. */
internal class EpochShare {
    /** The epoch that the tickets are good for. Changes only on the owner's thread, so the owner may read it at any time. */
    @JvmField var tickets: Epoch? = null

    private var ticketBlocks = 0
    private var ticketBytes = 0L

    private var closedIn: Epoch? = null
    private var closed = LongArray(0)
    private var closedCount = 0

    /** How many bytes this thread ever sent into quarantine. */
    @JvmField var quarantinedIn = 0L

    /** Uses up a ticket for a block of [bytes]; false when there is none for so many. */
    fun takeTicket(bytes: Long): Boolean {
        if (ticketBlocks == 0 || ticketBytes < bytes) return false
        ticketBlocks--
        ticketBytes -= bytes
        return true
    }

    /** Puts [blocks] tickets for [bytes] bytes of [epoch] in; the ones held before must have been given up. */
    fun putTickets(epoch: Epoch, blocks: Int, bytes: Long) {
        tickets = epoch
        ticketBlocks = blocks
        ticketBytes = bytes
    }

    /** Takes the unused tickets out and answers how many there were. */
    fun dropTickets(): Int = ticketBlocks.also { ticketBlocks = 0 }

    /** Notes the closed block [packed] of [epoch]; false when the note must be reported first. */
    fun quarantine(epoch: Epoch, packed: Long): Boolean {
        if (closedIn !== epoch || closedCount == closed.size) return false
        closed[closedCount++] = packed
        quarantinedIn += SizeClasses.sizeOf(PackedBlock.code(packed))
        return true
    }

    /** Starts a new note, for [epoch] into [fresh], and answers the old one, or null when it was empty. */
    fun turn(epoch: Epoch?, fresh: LongArray): Note? {
        val old = closedIn?.takeIf { closedCount > 0 }?.let { Note(it, closed, closedCount) }
        closedIn = epoch
        closed = fresh
        closedCount = 0
        return old
    }

    /** Closed blocks of one epoch that are to be reported to it. */
    class Note(private val epoch: Epoch, private val blocks: LongArray, private val count: Int) {
        fun report() = epoch.deposit(blocks, count)
    }

    companion object {
        /** How many tickets a thread takes, and how many closed leases it notes, at a time. */
        const val BATCH = 64
    }
}
