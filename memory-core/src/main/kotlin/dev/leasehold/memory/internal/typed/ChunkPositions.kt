package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.typed.RingShape.Companion.COMMITTED
import dev.leasehold.memory.internal.typed.RingShape.Companion.FREE
import dev.leasehold.memory.internal.typed.RingShape.Companion.FREED
import dev.leasehold.memory.internal.typed.RingShape.Companion.HEAD
import dev.leasehold.memory.internal.typed.RingShape.Companion.SKIPPED
import dev.leasehold.memory.internal.typed.RingShape.Companion.TAIL

/*
 * Who may use which bytes of a ring of chunks. Any number of writers and readers; no thread waits for another in here.
 *
 * A position counts bytes from the ring's beginning for ever; where it lies is its lowest bits. Three positions, each a
 * word that is moved on by compare-and-set:
 *
 *      FREE ······ being read ······ HEAD ······ written, or being written ······ TAIL ····· room ····· FREE + capacity
 *
 * A writer moves TAIL past its chunk, which claims it, fills the chunk, and writes the chunk's header: committed, or to
 * be skipped when the writer failed. A chunk never wraps: where it does not fit before the end of the memory, the
 * writer claims the rest as well, and lets it be skipped. A reader moves HEAD past the chunk there if its header says
 * that it is committed, reads it, and writes freed into its header; past what is to be skipped it only moves HEAD. So
 * chunks are read in the order in which they were claimed, and one that is still being written holds those behind it
 * up. FREE is moved by the writers when they need room, over all that is freed: readers pay no second compare-and-set,
 * and writers one for many chunks.
 *
 * A header is one word: in which round through the memory it was written, the size, and the state. A thread that looks
 * for one of this round so sees at once that the last round's is still there; nothing is ever zeroed. Positions have
 * 61 bits, which is years at the speed of memory.
 *
 * A word never comes back to a value with another meaning: positions only grow, but for HEAD, which the reader that
 * took some chunks may put back before them as long as no one has read on; what it then points at is as it was.
 *
 * TAIL and HEAD carry flags in the bits that a position does not use, so what stops claims and reads is seen by the
 * very compare-and-set that would begin one.
 */

/**
 * The positions of a ring: its words with what they mean. Abstract for tests, which have the words where a model
 * checker sees them, and leave a step out.
 */
internal abstract class ChunkPositions(capacity: Long, alignment: Long) : RingShape(capacity, alignment), Words {
    /** Up to where chunks have been claimed. */
    val tail: Long get() = get(TAIL) and FLAGS.inv()

    /** Up to where chunks have been taken by readers. */
    val head: Long get() = get(HEAD) and FLAGS.inv()

    /** Up to where the room is known to be free again. */
    val free: Long get() = get(FREE)

    // ---- writers ----

    /**
     * Claims [span] bytes, a multiple of the alignment up to half of the capacity.
     *
     * @return where they are; or [NONE] when there is no room, [CLOSED] or [MOVING]
     */
    fun claim(span: Long): Long {
        while (true) {
            val tail = get(TAIL)
            if (tail and FLAGS != 0L) return if (tail and CLOSED_FLAG != 0L) CLOSED else MOVING
            val rest = capacity - offsetOf(tail)
            val skipped = if (span <= rest) 0 else rest
            val next = tail + skipped + span
            if (next - get(FREE) > capacity && !freeUpTo(next - capacity)) return NONE
            if (replace(TAIL, tail, next)) {
                if (skipped != 0L) putHeader(tail, skipped, SKIPPED)
                return tail + skipped
            }
        }
    }

    /** Lets the chunk that was claimed [at] be read: it has [size] bytes. */
    fun commit(at: Long, size: Long): Unit = putHeader(at, size, COMMITTED)

    /** Lets the [span] bytes that were claimed [at] be skipped. */
    fun abandon(at: Long, span: Long): Unit = putHeader(at, span, SKIPPED)

    // ---- readers ----

    /**
     * Takes up to [most] committed chunks that follow one another, and at most [MOST_AT_ONCE]. They are the caller's
     * until it [frees][free] them or [puts them back][putBack].
     *
     * @return where the first is, and how many there are: see [firstOf] and [countOf]; or [NONE] when the next one is
     *   not written yet, or [MOVING]
     */
    fun take(most: Int): Long {
        while (true) {
            val head = get(HEAD)
            if (head and FLAGS != 0L) return MOVING
            val header = headerAt(head)
            when (stateAt(head, header)) {
                COMMITTED -> {
                    var end = head + spanOf(sizeIn(header))
                    var count = 1
                    while (count < most && count < MOST_AT_ONCE) {
                        val next = committedEnd(end)
                        if (next < 0 || next - head >= capacity) break
                        end = next
                        count++
                    }
                    if (replace(HEAD, head, end)) return head or (count - 1L)
                }

                SKIPPED -> {
                    val _ = replace(HEAD, head, head + sizeIn(header))
                }

                // One that has moved on meanwhile has another header.
                else -> if (get(HEAD) == head) return NONE
            }
        }
    }

    private fun committedEnd(at: Long): Long {
        val header = headerAt(at)
        return if (stateAt(at, header) == COMMITTED) at + spanOf(sizeIn(header)) else NONE
    }

    /** How many bytes the chunk [at], which the caller has taken, has. */
    fun sizeAt(at: Long): Long = sizeIn(headerAt(at))

    /** Where the last of the chunks that were [taken][take] ends. */
    fun endOf(taken: Long): Long = endOf(firstOf(taken), countOf(taken))

    /** Where [count] chunks end that were taken, from the one [at] on. */
    fun endOf(at: Long, count: Int): Long {
        var end = at
        repeat(count) { end += spanOf(sizeAt(end)) }
        return end
    }

    /** Lets the room of the chunks that were taken, from the first [at] up to [end], be claimed again. */
    fun free(at: Long, end: Long): Unit = putHeader(at, end - at, FREED)

    /** Puts the chunks that were taken from [at] up to [end] back; false when others behind them have been taken. */
    fun putBack(at: Long, end: Long): Boolean = replace(HEAD, end, at)

    /** Moves [FREE] on over what is freed, to [wanted] or somewhat further; false when it cannot get there. */
    private fun freeUpTo(wanted: Long): Boolean {
        while (true) {
            val seen = free
            var freed = seen
            // More than is wanted now, so that the next claims need not; not all, so that no claim takes long.
            while (freed < wanted + capacity / 4) {
                val header = headerAt(freed)
                val state = stateAt(freed, header)
                if (state != FREED && (state != SKIPPED || !isPast(freed, sizeIn(header)))) break
                freed += sizeIn(header)
            }
            if (freed != seen && !replace(FREE, seen, freed)) continue
            if (freed >= wanted) return true
            if (free == freed) return false
        }
    }

    // What is to be skipped has no reader: it is free when the head is past it, and the head goes past it at once.
    private fun isPast(at: Long, size: Long) = head > at || replace(HEAD, at, at + size) || head > at

    /** How many bytes are claimed, unread or being read. */
    fun usedBytes(): Long {
        val tail = tail
        val _ = freeUpTo(tail)
        return (tail - free).coerceIn(0, capacity)
    }

    // ---- the end ----

    /** Lets nothing more be claimed. False when that was so already. */
    fun close(): Boolean {
        while (true) {
            val tail = get(TAIL)
            if (tail and CLOSED_FLAG != 0L) return false
            if (replace(TAIL, tail, tail or CLOSED_FLAG)) return true
        }
    }

    /** Whether it is closed, and all that was claimed has been read or skipped, to the end. It stays so. */
    fun isOver(): Boolean {
        val tail = get(TAIL)
        if (tail and CLOSED_FLAG == 0L) return false
        return freeUpTo(tail and FLAGS.inv())
    }

    // ---- moving ----

    /**
     * Stops claims and reads, if none is in progress: the chunks can then be copied to another ring. Where this
     * returns true, [endMove] lets them go on here.
     */
    fun beginMove(): Boolean {
        val tail = get(TAIL)
        if (tail and FLAGS != 0L || !replace(TAIL, tail, tail or MOVING_FLAG)) return false
        if (stopReads() && freeUpTo(head) && allWritten()) return true
        endMove()
        return false
    }

    private fun stopReads(): Boolean {
        while (true) {
            val head = get(HEAD)
            if (replace(HEAD, head, head or MOVING_FLAG)) return true
        }
    }

    private fun allWritten(): Boolean {
        var at = head
        while (at < tail) at += spanAt(at) ?: return false
        return true
    }

    /** Lets claims and reads go on. */
    fun endMove() {
        for (index in longArrayOf(HEAD, TAIL)) {
            while (true) {
                val seen = get(index)
                if (replace(index, seen, seen and MOVING_FLAG.inv())) break
            }
        }
    }

    /** Calls [action] with the place and the size of each chunk that can be read; while none is taken or written. */
    inline fun forEachUnread(action: (at: Long, size: Long) -> Unit) {
        var at = head
        while (at < tail) {
            val header = headerAt(at)
            if (stateAt(at, header) == COMMITTED) action(at, sizeIn(header))
            at += spanAt(at)!!
        }
    }

    private fun spanAt(at: Long): Long? {
        val header = headerAt(at)
        return when (stateAt(at, header)) {
            COMMITTED -> spanOf(sizeIn(header))
            SKIPPED -> sizeIn(header)
            else -> null
        }
    }

    private fun headerAt(at: Long): Long = get(headerOf(at))

    private fun putHeader(at: Long, size: Long, state: Int): Unit = set(headerOf(at), header(at, size, state))

    /** The state that [header] gives the position [at]. Open for a test that does not look at the round. */
    protected open fun stateAt(at: Long, header: Long): Int = stateIn(header, at)

    /** Puts [next] in the place of [seen] at [index], if that is there. Open for a test that does not look. */
    protected open fun replace(index: Long, seen: Long, next: Long): Boolean = compareAndSet(index, seen, next)

    companion object {
        /** There is no room, or nothing to read. */
        const val NONE = -1L

        /** The ring takes no more chunks. */
        const val CLOSED = -2L

        /** The chunks are being copied to another ring. */
        const val MOVING = -3L

        /** How many chunks can be taken at once: the count is in the bits that a position does not use. */
        const val MOST_AT_ONCE = 8

        /** Where the first of the chunks that were [taken][take] is. */
        fun firstOf(taken: Long): Long = taken and -MOST_AT_ONCE.toLong()

        /** How many chunks were [taken][take]. */
        fun countOf(taken: Long): Int = (taken and MOST_AT_ONCE - 1L).toInt() + 1

        private const val CLOSED_FLAG = 1L
        private const val MOVING_FLAG = 2L
        private const val FLAGS = CLOSED_FLAG or MOVING_FLAG
    }
}
