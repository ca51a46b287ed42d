package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses

/** One thread's unreported part in the epochs: tickets that it holds, and closed leases. In its cache's busy region only. */
internal class EpochShare {
    /** The epoch that the tickets are good for. Changes only on the owner's thread, so the owner may read it at any time. */
    @JvmField var tickets: Epoch? = null

    /** The ticket that was used last. Likewise. */
    @JvmField var lastTicket = 0

    private var ticketBlocks = 0
    private var ticketBytes = 0L

    private var closedIn: Epoch? = null
    private var closed = NOTHING

    /** How many bytes this thread ever sent into quarantine. */
    @JvmField var quarantinedIn = 0L

    /** Uses up a ticket for a block of [bytes]; false when there is none for so many. */
    fun takeTicket(bytes: Long): Boolean {
        if (ticketBlocks == 0 || ticketBytes < bytes) return false
        ticketBlocks--
        ticketBytes -= bytes
        lastTicket++
        return true
    }

    /** Puts [blocks] tickets that follow [used], for [bytes] bytes, in; the ones held before must have been given up. */
    fun putTickets(used: Ticket, blocks: Int, bytes: Long) {
        tickets = used.epoch
        lastTicket = used.number
        ticketBlocks = blocks
        ticketBytes = bytes
    }

    /** Takes the unused tickets out and answers how many there were. */
    fun dropTickets(): Int = ticketBlocks.also { ticketBlocks = 0 }

    /** Notes the closed block [packed] of [epoch]; false when the note must be reported first. */
    fun quarantine(epoch: Epoch, packed: Long): Boolean {
        val note = closed
        if (closedIn !== epoch || note.count == note.rounds.size) return false
        note.push(packed)
        quarantinedIn += SizeClasses.sizeOf(PackedBlock.code(packed))
        return true
    }

    /** The epoch of the note that [turn] would answer. */
    val noted: Epoch? get() = closedIn

    /** Starts a new note, for [epoch] in [fresh], and answers the old one. */
    fun turn(epoch: Epoch?, fresh: Magazine): Magazine {
        val old = closed
        closedIn = epoch
        closed = fresh
        return old
    }

    companion object {
        /** How many tickets a thread takes, and how many closed leases it notes, at a time. */
        const val BATCH = 128

        /** The note of a thread that has closed nothing yet. */
        val NOTHING = Magazine(0)
    }
}

/** The right to one lease in [epoch], and the first of as many as were asked for. */
internal class Ticket(val epoch: Epoch, val number: Int)
