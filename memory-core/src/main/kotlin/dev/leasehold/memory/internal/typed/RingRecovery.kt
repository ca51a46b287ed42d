package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.typed.RingShape.Companion.COMMITTED
import dev.leasehold.memory.internal.typed.RingShape.Companion.FREE
import dev.leasehold.memory.internal.typed.RingShape.Companion.FREED
import dev.leasehold.memory.internal.typed.RingShape.Companion.HEAD
import dev.leasehold.memory.internal.typed.RingShape.Companion.SKIPPED
import dev.leasehold.memory.internal.typed.RingShape.Companion.TAIL

/**
 * Puts a ring in order that was left as it was, perhaps in the middle of a write or a read, while nothing else uses it.
 *
 * What was being read will be read again. What was claimed and never committed is skipped: its length is not known, but
 * headers lie apart from the chunks and name their round, so the next chunk is where the next header of this round is.
 */
internal class RingRecovery(private val ring: ChunkPositions) {
    private val tail = position(TAIL)
    private val taken = position(HEAD)
    private val free = ring.get(FREE)
    private var head = taken

    private fun position(index: Long) = ring.get(index) and -RingShape.LEAST_ALIGNMENT

    /** Does so. False, and nothing is changed, when the positions and headers are none that a ring can have. */
    fun run(): Boolean {
        val possible = free in 0..taken && taken <= tail && tail - free <= ring.capacity
        if (!possible || (free or taken or tail) and ring.alignment - 1 != 0L || !walk(repairing = false)) return false
        val _ = walk(repairing = true)
        ring.set(HEAD, head)
        ring.set(TAIL, tail)
        return true
    }

    /** From chunk to chunk; false when one is, or ends, where none can. */
    private fun walk(repairing: Boolean): Boolean {
        var at = free
        while (at < tail) {
            val header = ring.get(ring.headerOf(at))
            val state = ring.stateIn(header, at)
            val span = if (state == UNKNOWN) gapAt(at) else spanOf(state, ring.sizeIn(header))
            if (span !in 1..tail - at || span and ring.alignment - 1 != 0L) return false
            if (state == COMMITTED && ring.offsetOf(at) + span > ring.capacity) return false
            if (state == UNKNOWN && at < taken) return false
            if (repairing) repair(at, span, state)
            at += span
        }
        return true
    }

    private fun spanOf(state: Int, size: Long) = if (state == COMMITTED) ring.spanOf(size) else size

    // In front of the head all has to be freed, and behind it nothing may be.
    private fun repair(at: Long, span: Long, state: Int) {
        val right = if (at < head) FREED else SKIPPED
        if (state == COMMITTED) head = minOf(head, at) else ring.set(ring.headerOf(at), ring.header(at, span, right))
    }

    /** How far it is to the next header of this round; at most as far as a header can say. */
    private fun gapAt(at: Long): Long {
        var end = at + ring.alignment
        val furthest = minOf(tail, at + ring.maxChunk)
        while (end < furthest && ring.stateIn(ring.get(ring.headerOf(end)), end) == UNKNOWN) {
            end += ring.alignment
        }
        return end - at
    }

    private companion object {
        const val UNKNOWN = 0
    }
}
