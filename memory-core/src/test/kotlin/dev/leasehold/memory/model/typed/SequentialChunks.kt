package dev.leasehold.memory.model.typed

/**
 * What a ring of [capacity] bytes for chunks does when one thread calls it: positions as the real one gives them, and
 * none of its words.
 */
class SequentialChunks(private val capacity: Long) {
    private class Chunk(val at: Long, val span: Long, var state: State) {
        val end: Long get() = at + span
    }

    private enum class State { CLAIMED, COMMITTED, SKIPPED, FREED }

    // All whose room cannot be claimed, in the order of their places.
    private val chunks = ArrayDeque<Chunk>()
    private var head = 0L
    private var tail = 0L
    private var closed = false

    fun claim(span: Long): Long {
        if (closed) return -2
        val rest = capacity - tail % capacity
        val skipped = if (span <= rest) 0 else rest
        val at = tail + skipped
        if (at + span - (chunks.firstOrNull()?.at ?: tail) > capacity) return -1
        if (skipped > 0) chunks += Chunk(tail, skipped, State.SKIPPED)
        chunks += Chunk(at, span, State.CLAIMED)
        tail = at + span
        settle()
        return at
    }

    fun commit(at: Long): Unit = become(at, State.COMMITTED)

    fun abandon(at: Long): Unit = become(at, State.SKIPPED)

    /** Where the first is and how many there are less one; or -1. */
    fun take(most: Int): Long {
        for (chunk in chunks) if (chunk.at == head && chunk.state == State.SKIPPED) head = chunk.end
        val first = head
        val run = chunks.filter { it.at >= first }.takeWhile { it.state == State.COMMITTED }.take(most)
            .takeWhile { it.at == first || it.end - first < capacity }
        if (run.isEmpty()) return -1
        head = run.last().end
        return first + run.size - 1
    }

    /** Frees [count] chunks that were taken, the first of which is [at]. */
    fun free(at: Long, count: Int) {
        runFrom(at, count).forEach { it.state = State.FREED }
        settle()
    }

    /** Puts [count] chunks that were taken back, the first of which is [at]. */
    fun putBack(at: Long, count: Int): Boolean {
        if (head != runFrom(at, count).last().end) return false
        head = at
        return true
    }

    fun close(): Boolean = !closed.also { closed = true }

    fun isOver(): Boolean = closed && chunks.isEmpty()

    private fun runFrom(at: Long, count: Int) = chunks.filter { it.at >= at }.take(count)

    private fun become(at: Long, state: State) {
        chunks.first { it.at == at }.state = state
        settle()
    }

    // What is to be skipped is free as soon as the head is past it, which goes past it as soon as all before is free.
    private fun settle() {
        while (true) {
            val first = chunks.firstOrNull() ?: return
            if (first.state == State.SKIPPED) {
                head = maxOf(head, first.end)
            } else if (first.state != State.FREED) {
                return
            }
            chunks.removeFirst()
        }
    }
}
