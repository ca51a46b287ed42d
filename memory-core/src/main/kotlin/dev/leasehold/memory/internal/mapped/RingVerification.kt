package dev.leasehold.memory.internal.mapped

/**
 * Looks at the ring of chunks that lies at [at], in a block of [bytes] bytes, and changes nothing: that its chunks lie
 * one behind the other from the first position to the last, each in a state that there is.
 */
internal class RingVerification(
    private val words: FileWords,
    private val layout: FileLayout,
    private val at: Long,
    private val bytes: Long,
    private val fault: (Long, String) -> Unit,
) {
    fun run() {
        val capacity = words.get(at + RingLayout.CAPACITY_AT)
        val isPossible = capacity in RingLayout.LEAST_CAPACITY..bytes - RingLayout.CHUNKS_AT
        if (!isPossible || capacity.countOneBits() != 1) {
            return fault(at + RingLayout.CAPACITY_AT, "a ring cannot have $capacity bytes in a block of $bytes bytes")
        }
        val head = words.get(at + RingLayout.HEAD_AT)
        val tail = words.get(at + RingLayout.TAIL_AT)
        val isAligned = (head or tail) and RingLayout.HEADER - 1 == 0L
        if (head < 0 || tail - head !in 0..capacity || !isAligned) {
            return fault(at + RingLayout.HEAD_AT, "a ring of $capacity bytes cannot have chunks from $head to $tail")
        }
        var position = head
        while (position < tail) position += checkChunk(position and capacity - 1, capacity, tail - position) ?: return
    }

    /** Checks the chunk [from] the start of the bytes for chunks; returns what it takes, or null where it is none. */
    private fun checkChunk(from: Long, capacity: Long, most: Long): Long? {
        val chunk = at + RingLayout.CHUNKS_AT + from
        val size = words.get(chunk + RingLayout.SIZE_AT)
        if (size !in 0..capacity || RingLayout.span(size) > minOf(most, capacity - from)) {
            fault(chunk, "a chunk of a ring cannot have $size bytes")
            return null
        }
        val word = words.get(chunk)
        val isOwned = RingLayout.state(word) in setOf(RingLayout.CLAIMED, RingLayout.READING)
        val owner = FileLock.sessionIn(RingLayout.token(word))
        if (RingLayout.state(word) !in
            RingLayout.CLAIMED..RingLayout.DONE
        ) {
            fault(chunk, "a chunk of a ring has no state")
        }
        if (isOwned &&
            owner !in 1..layout.maxSessions
        ) {
            fault(chunk, "a chunk is session $owner's, which there cannot be")
        }
        return RingLayout.span(size)
    }
}
