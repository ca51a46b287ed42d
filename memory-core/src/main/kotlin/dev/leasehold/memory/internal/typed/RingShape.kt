package dev.leasehold.memory.internal.typed

/**
 * How a ring of chunks lies in its block: offsets only, so that it can be found again at any address.
 *
 * | bytes from the start | what |
 * |---|---|
 * | 0 | the kind, the version, the capacity and the alignment, a word each |
 * | 128, 256, 384 | [TAIL], [HEAD] and [FREE], each far from the others' cache lines |
 * | 512 | a header of one word for each place where a chunk may begin |
 * | [dataOffset] | the chunks |
 *
 * Headers lie apart from the chunks. What a chunk held can so never be taken for a header, and nothing has to be zeroed
 * when it has been read.
 *
 * @property capacity the bytes for chunks, a power of two
 * @property alignment what every chunk's place and length are a multiple of, a power of two of 8 or more
 */
internal open class RingShape(@JvmField val capacity: Long, @JvmField val alignment: Long) {
    private val placeShift = alignment.countTrailingZeroBits()
    private val round = -capacity

    /** Where the chunks begin, in bytes. */
    val dataOffset: Long get() = roundUp((HEADERS + (capacity ushr placeShift)) * Long.SIZE_BYTES, alignment)

    /** How many bytes all takes. */
    val byteSize: Long get() = dataOffset + capacity

    /** The most bytes that a chunk may have: one that is as long, and does not fit before the end, fits behind it. */
    val maxChunk: Long get() = capacity / 2

    /** How far a chunk of [size] bytes reaches, in bytes. */
    fun spanOf(size: Long): Long = if (size == 0L) alignment else roundUp(size, alignment)

    /** Which byte of the capacity the position [at] is. */
    fun offsetOf(at: Long): Long = at and (capacity - 1)

    /** The index of the header for the position [at] among the words of the block. */
    fun headerOf(at: Long): Long = HEADERS + (offsetOf(at) ushr placeShift)

    // ---- headers: the round in which one was written, the size, and the state ----

    /** The header of what is in [state] from the position [at] on, and has [size] bytes: fewer than the capacity. */
    fun header(at: Long, size: Long, state: Int): Long = (at and round or size shl STATE_BITS) or state.toLong()

    /** How many bytes there are, by [header]. */
    fun sizeIn(header: Long): Long = header ushr STATE_BITS and capacity - 1

    /** What is at the position [at], by [header]: 0 where that is of an earlier round. */
    fun stateIn(header: Long, at: Long): Int =
        if ((header ushr STATE_BITS xor at) and round == 0L) header.toInt() and STATES else 0

    /** Writes down what this is, in words that are all zero. */
    fun writeTo(words: Words) {
        words.set(VERSION_AT, VERSION)
        words.set(CAPACITY_AT, capacity)
        words.set(ALIGNMENT_AT, alignment)
        words.set(KIND_AT, KIND)
    }

    companion object {
        /** Where the next chunk will be claimed: its index among the words. */
        const val TAIL = 16L

        /** Where the next chunk will be read. */
        const val HEAD = 32L

        /** Up to where the room has been freed. */
        const val FREE = 48L

        /** It can be read, or is being read. */
        const val COMMITTED = 1

        /** It is to be passed over. */
        const val SKIPPED = 2

        /** It has been read, and so have those behind it that were taken with it. */
        const val FREED = 3

        private const val STATE_BITS = 2
        private const val STATES = 3

        private const val HEADERS = 64L
        private const val KIND_AT = 0L
        private const val VERSION_AT = 1L
        private const val CAPACITY_AT = 2L
        private const val ALIGNMENT_AT = 3L

        /** `LHCHUNKS`, in the order in which it lies in memory on a little-endian machine. */
        const val KIND = 0x534B_4E55_4843_484CL
        const val VERSION = 1L

        /** The least that a chunk's place can be a multiple of: the positions' lowest bits carry flags. */
        const val LEAST_ALIGNMENT = 8L

        /** The most bytes for chunks: positions must not run out, however long the ring lives. */
        const val MOST_CAPACITY = 1L shl 44

        /** How many bytes are in front of the headers. */
        const val FRONT = HEADERS * Long.SIZE_BYTES

        /** The shape of the ring that lies in [bytes] bytes with these [words]; null when none of this version does. */
        inline fun of(bytes: Long, words: (index: Long) -> Long): RingShape? {
            if (words(KIND_AT) != KIND || words(VERSION_AT) != VERSION) return null
            val capacity = words(CAPACITY_AT)
            val alignment = words(ALIGNMENT_AT)
            if (!isPossible(capacity, alignment)) return null
            return RingShape(capacity, alignment).takeIf { it.byteSize <= bytes }
        }

        private fun isPossible(capacity: Long, alignment: Long) =
            capacity.countOneBits() == 1 && capacity in 1..MOST_CAPACITY && alignment.countOneBits() == 1 &&
                alignment >= LEAST_ALIGNMENT && alignment <= capacity / 2

        private fun roundUp(bytes: Long, alignment: Long): Long = (bytes + alignment - 1) and -alignment
    }
}
