package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import java.lang.foreign.MemorySegment

/**
 * So many elements of one type: a part of an [ArrayLayout].
 *
 * @property type what the elements are
 * @property count how many there are; 0 is allowed
 * @throws InvalidSizeException when [count] is negative, or the elements have more bytes than a `Long` can count
 */
public class ElementArray(public val type: ElementType<*>, public val count: Long) {
    /** How many bytes they have together. */
    public val byteSize: Long = total()

    /** The count and the type. */
    override fun toString(): String = "${grouped(count)} of $type"

    private fun total(): Long {
        val unit = type.byteSize
        if (count >= 0 && count <= Long.MAX_VALUE / unit) return count * unit
        throw InvalidSizeException(
            "An array of ${grouped(count)} elements of ${bytes(unit)} cannot be: " +
                if (count < 0) "the count is negative" else "it would have more bytes than a Long can count",
            count,
        )
    }
}

/**
 * Where several typed arrays lie in one segment, each at a multiple of what its elements need:
 *
 * ```
 * val arrays = ArrayLayout.of(ElementArray(ElementType.INT, 1_001), ElementArray(Particle, 500))
 * manager.allocate(arrays).withSegment { memory ->
 *     val (numbers, particles) = arrays.split(memory)
 *     particles.asStructs(Particle).forEach { … }
 * }
 * ```
 *
 * **Ownership.** It describes memory and has none. **Threads.** Any.
 *
 * @property byteSize how many bytes all have together, from the start of the first to the end of the last, padded to a
 *   multiple of [alignment]
 * @property alignment what the address of the first must be a multiple of, so that all lie as they need
 */
public class ArrayLayout private constructor(
    private val arrays: List<ElementArray>,
    private val offsets: LongArray,
    public val byteSize: Long,
    public val alignment: Long,
) {
    /** How many arrays there are. */
    public val size: Int get() = arrays.size

    /**
     * Where the array at [index] begins, in bytes from the start of the segment.
     *
     * @throws ElementBoundsException when there is no such array
     */
    public fun offset(index: Int): Long {
        if (index !in offsets.indices) throw noSuchElement("The layout", index.toLong(), size.toLong())
        return offsets[index]
    }

    /**
     * The arrays in [memory], in their order: views of exactly their bytes, to be seen as what they are by `asInts`,
     * `asStructs` and the like. What [memory] has behind them is left over.
     *
     * **Ownership.** The views own nothing and live as long as [memory].
     *
     * @throws SegmentSizeException when [memory] has less than [byteSize] bytes
     */
    @JvmSynthetic
    public fun split(memory: Segment): List<Segment> {
        if (memory.size < byteSize) throw tooSmall(memory.size)
        return arrays.mapIndexed { index, array -> memory.slice(offsets[index], array.byteSize) }
    }

    /** The named crossing to the platform's type: [split] of [memory]. */
    public fun asMemorySegments(memory: MemorySegment): List<MemorySegment> =
        split(Segment.of(memory)).map { it.asMemorySegment() }

    /** All arrays with their offsets and sizes, for logs. */
    override fun toString(): String = arrays.withIndex().joinToString(
        prefix = "ArrayLayout(",
        postfix = ") ${bytes(byteSize)}, alignment ${grouped(alignment)}",
    ) { (index, array) -> "${grouped(array.count)} × ${array.type} @${offsets[index]} +${array.byteSize}" }

    private fun tooSmall(size: Long) = SegmentSizeException(
        "A segment of ${bytes(size)} is too small for ${arrays.size} arrays that have ${bytes(byteSize)} together",
        size,
    )

    /** Lays arrays out. */
    public companion object {
        /**
         * One array after the other, in this order.
         *
         * @throws InvalidSizeException when they have more bytes together than a `Long` can count
         */
        @JvmStatic
        public fun of(vararg arrays: ElementArray): ArrayLayout {
            val offsets = LongArray(arrays.size)
            var end = 0L
            var widest = 1L
            arrays.forEachIndexed { index, array ->
                offsets[index] = roundUp(end, array.type.alignment)
                end = offsets[index] + array.byteSize
                if (end < 0) throw tooLarge()
                widest = maxOf(widest, array.type.alignment)
            }
            return ArrayLayout(arrays.toList(), offsets, roundUp(end, widest), widest)
        }

        private fun roundUp(offset: Long, alignment: Long): Long {
            if (offset > Long.MAX_VALUE - alignment) throw tooLarge()
            return offset + alignment - 1 and -alignment
        }

        private fun tooLarge() = InvalidSizeException(
            "The arrays would have more bytes together than a Long can count",
            Long.MAX_VALUE,
        )
    }
}
