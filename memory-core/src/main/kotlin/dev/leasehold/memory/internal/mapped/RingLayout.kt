package dev.leasehold.memory.internal.mapped

/**
 * How a ring of chunks lies in its file: a lock, two positions that count on and on, and chunks from the one to the
 * other. A chunk has a word with its state, a word with its size, and its bytes.
 */
internal object RingLayout {
    /** `LHMAPRNG`, as it lies in the file. */
    const val KIND: Long = 0x474E_5250_414D_484CL
    const val VERSION: Long = 1

    /** How many bytes there are for chunks: a power of two. */
    const val CAPACITY_AT: Long = 16

    /** The lock of the positions. */
    const val LOCK_AT: Long = 64

    /** Where the first chunk begins that is not done. */
    const val HEAD_AT: Long = 128

    /** Where the next chunk will begin. */
    const val TAIL_AT: Long = 192

    // Where readers wait for a chunk, and writers for room.
    const val WRITTEN_EVENT_AT: Long = 256
    const val FREED_EVENT_AT: Long = 264

    /** Where the bytes for chunks begin. */
    const val CHUNKS_AT: Long = 320

    fun bytes(capacity: Long): Long = CHUNKS_AT + capacity

    const val LEAST_CAPACITY: Long = 64
    const val MOST_CAPACITY: Long = 1L shl 40

    // ---- a chunk ----
    const val SIZE_AT: Long = 8
    const val HEADER: Long = 16

    /** How many bytes a chunk of [size] bytes takes. */
    fun span(size: Long): Long = size + 2 * HEADER - 1 and -HEADER

    /** The most bytes that a chunk can have: with its header, half of the [capacity]. */
    fun mostBytes(capacity: Long): Long = capacity / 2 - HEADER

    // ---- the state of a chunk, and the token of the session that fills or reads it ----
    private const val STATE_SHIFT = 8
    private const val STATE_BITS = 8

    /** A session fills it. */
    const val CLAIMED: Int = 1

    /** It is there to be read. */
    const val WRITTEN: Int = 2

    /** A session reads it. */
    const val READING: Int = 3

    /** It is over, and its room is free when all before it is. */
    const val DONE: Int = 4

    fun word(state: Int, token: Long = 0): Long = token or (state.toLong() shl STATE_SHIFT)

    fun state(word: Long): Int = word.part(STATE_SHIFT, STATE_BITS).toInt()

    fun token(word: Long): Long = word and (((1L shl STATE_BITS) - 1) shl STATE_SHIFT).inv()
}
