package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.PackedBlock

/*
 * How much one epoch takes in, between two costs.
 *
 * To retire an epoch is a handshake with every thread, some tens of microseconds, whatever it took in. And all that it took in waits in
 * quarantine until then, so what is rented next lies cold, and memory is reserved that nobody can use. A few megabytes are right for blocks
 * of some kilobytes: thousands of leases share a handshake. Of blocks of 64 KiB they are sixty-four, rented in a few microseconds, and
 * then renters wait for handshakes. So two things change the usual size:
 *
 *   epochs follow each other fast, and hold few leases   ──▶  they grow, up to the bound
 *   much is kept in quarantine by leases that stay open  ──▶  they shrink, down to a lease with an arena of its own
 *
 * What a change does shows only after some turnover, so there is one between two changes; else the size would run from end to end. A pool
 * whose leases come and go slowly stays at the usual size, however large they are: it has no use for the memory.
 */

/**
 * The size of a pool's next epochs: at most [mostBytes] and [mostBlocks]. [change], and what it is made of, under the ledger's lock; the rest
 * is for any thread, which may see it change a moment later.
 */
internal class EpochSize(private val mostBytes: Long, mostBlocks: Int) {
    private val mostBlocks = minOf(mostBlocks, PackedBlock.TICKETS)
    private val usualBytes = minOf(USUAL_BYTES, mostBytes)

    // By how many doublings epochs of few leases are larger than usual, and all are smaller.
    @Volatile private var grown = 0

    @Volatile private var shrunk = 0

    // How many bytes were granted since one of them last changed.
    private var turnover = 0L

    /** Whether epochs are used at all, or every shared lease has an arena of its own. */
    val enabled: Boolean get() = mostBytes > 0 && mostBlocks > 0

    /** Whether epochs take in less than usual, because much is kept in quarantine. */
    val isShrunk: Boolean get() = shrunk > 0

    /** How many blocks an epoch takes in. */
    val blocks: Int get() = maxOf(1, mostBlocks shr shrunk)

    /** How many bytes an epoch takes in that begins with a block of [blockBytes]. */
    fun bytesFor(blockBytes: Long): Long {
        if (shrunk > 0) return usualBytes shr shrunk
        val enough = blockBytes * ENOUGH_LEASES
        return minOf(usualBytes shl grown, maxOf(usualBytes, enough), mostBytes)
    }

    /** How many epochs may wait to retire before renters help with that: fewer of large ones, which hold more memory each. */
    val backlog: Long get() = if (grown > 0) FEWEST_WAITING else USUALLY_WAITING

    /** Whether a block of [bytes] may share an epoch. */
    fun accepts(bytes: Long): Boolean = enabled && bytes <= bytesFor(bytes)

    /**
     * Learns that [granted] bytes have gone to an epoch that began with a block of [blockBytes] and took [nanos] to fill, or [FOREVER], while
     * [waiting] bytes of closed blocks wait for others which are open.
     */
    fun change(granted: Long, blockBytes: Long, nanos: Long, waiting: Long) {
        turnover += granted
        val full = if (shrunk > 0) usualBytes else bytesFor(blockBytes)
        val wantsMore = nanos < SHORT_NANOS && granted > full / 2 && waiting < full
        if (wantsMore && couldGrow(full, blockBytes)) {
            grown++
        } else if (turnover < TURNOVERS * full) {
            return
        } else if (waiting > TURNOVERS * full) {
            shrink()
        } else if (waiting < usualBytes) {
            if (shrunk > 0) {
                shrunk--
            } else if (nanos > LONG_NANOS && grown > 0) {
                grown--
            }
        }
        turnover = 0
    }

    private fun couldGrow(full: Long, blockBytes: Long) =
        shrunk == 0 && full < mostBytes && full < blockBytes * ENOUGH_LEASES

    private fun shrink() {
        if (grown > 0) grown = 0 else shrunk = minOf(MOST_SHRUNK, shrunk + 2)
    }

    companion object {
        /** No time at all in which an epoch filled. */
        const val FOREVER: Long = Long.MAX_VALUE

        private const val USUAL_BYTES = 4L shl 20

        /** As many leases as make the handshake of their epoch small beside them. */
        private const val ENOUGH_LEASES = 4096

        /** An epoch that fills in less is one that renters wait for: some dozens of handshakes. */
        private const val SHORT_NANOS = 1_000_000L
        private const val LONG_NANOS = 8 * SHORT_NANOS

        /** From how many full epochs on the closed blocks that wait for open ones are too many. */
        private const val TURNOVERS = 3
        private const val MOST_SHRUNK = 12
        private const val USUALLY_WAITING = 3L
        private const val FEWEST_WAITING = 2L
    }
}
