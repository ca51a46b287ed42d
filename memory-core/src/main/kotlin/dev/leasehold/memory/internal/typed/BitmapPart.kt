package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import java.lang.foreign.MemorySegment

/**
 * One block of a bitmap: a header of eight words, and the bits. It owns the caller's reference to the block.
 *
 * The header says the kind, the version, how many parts are before this one, which word of the bitmap is the first
 * here, how many words are here, and in the first part how many bits there are in all.
 *
 * @property start which word of the bitmap is the first here
 * @property count how many words are here
 */
internal class BitmapPart private constructor(val block: Block, @JvmField val raw: MemorySegment) : Words {
    override fun get(index: Long): Long = SegmentWords.get(raw, index)

    override fun set(index: Long, value: Long): Unit = SegmentWords.set(raw, index, value)

    override fun compareAndSet(index: Long, seen: Long, next: Long): Boolean =
        SegmentWords.compareAndSet(raw, index, seen, next)

    val start: Long get() = get(START_AT)
    val count: Long get() = get(COUNT_AT)

    /** How many bits there are in all, if this is the first part. */
    var bits: Long
        get() = get(BITS_AT)
        set(value) = set(BITS_AT, value)

    /** Whether this is the part with the [number], and follows one that ends before the word [from]. */
    fun isPart(number: Int, from: Long): Boolean {
        if (raw.byteSize() < HEADER_BYTES || raw.address() and Long.SIZE_BYTES - 1L != 0L) return false
        if (get(KIND_AT) != KIND || get(VERSION_AT) != VERSION) return false
        val room = raw.byteSize() / Long.SIZE_BYTES - BitTable.HEADER
        return get(NUMBER_AT) == number.toLong() && start == from && count in 1..room
    }

    companion object {
        const val VERSION = 1L

        // `LHBITMAP`, in the order in which it lies in memory on a little-endian machine.
        private const val KIND = 0x5041_4D54_4942_484CL
        private const val KIND_AT = 0L
        private const val VERSION_AT = 1L
        private const val NUMBER_AT = 2L
        private const val START_AT = 3L
        private const val COUNT_AT = 4L
        private const val BITS_AT = 5L
        private const val HEADER_BYTES = BitTable.HEADER * Long.SIZE_BYTES

        /** The part with the [number], of [count] words from the word [start] on, in a new block of [manager]. */
        fun allocate(manager: MemoryManager, number: Int, start: Long, count: Long): BitmapPart {
            val block = manager.allocateZeroed(HEADER_BYTES + count * Long.SIZE_BYTES, HEADER_BYTES)
            try {
                val part = find(block)
                part.set(VERSION_AT, VERSION)
                part.set(NUMBER_AT, number.toLong())
                part.set(START_AT, start)
                part.set(COUNT_AT, count)
                part.set(KIND_AT, KIND)
                return part
            } catch (failure: Throwable) {
                block.close()
                throw failure
            }
        }

        /** What is in [block], and may be a part. */
        fun find(block: Block): BitmapPart = BitmapPart(block, block.asKeptMemorySegment())
    }
}
