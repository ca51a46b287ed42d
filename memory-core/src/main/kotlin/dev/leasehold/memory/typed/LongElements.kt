package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.LongSorter
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED

/**
 * A view of the same memory as longs in native byte order; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of 8
 */
@JvmSynthetic
public fun Segment.asLongs(): LongElements = LongElements(requireWhole(raw, 8, "longs"))

/**
 * A view of native memory as longs in native byte order: it owns nothing and lives as long as the [Segment] that it was
 * taken from. What that says on threads and on the exceptions of every access holds here as well: an index or a part
 * that is not all inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of a [LongArray]; nothing is boxed.
 */
@JvmInline
public value class LongElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many longs there are. */
    public val size: Long get() = raw.byteSize() shr 3

    /** The long at [index]. */
    public operator fun get(index: Long): Long = accessElement(raw, index, 3) { raw.get(JAVA_LONG_UNALIGNED, it) }

    /** Sets the long at [index] to [value]. */
    public operator fun set(index: Long, value: Long): Unit =
        accessElement(raw, index, 3) { raw.set(JAVA_LONG_UNALIGNED, it, value) }

    /** The longs in order, read one by one. */
    public operator fun iterator(): LongIterator = LongElementsIterator(this)

    /** Calls [action] with each long in order. */
    public inline fun forEach(action: (Long) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Long): Unit = access(raw, 0, raw.byteSize()) {
        for (index in 0 until size) raw.set(JAVA_LONG_UNALIGNED, index shl 3, value)
    }

    /** A view of the longs from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): LongElements =
        LongElements(elementSlice(raw, fromIndex, toIndex, 3))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: LongArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong() shl 3, raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first longs of this view. */
    public fun copyFrom(source: LongArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong() shl 3, raw, 0, length shl 3)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toLongArray(): LongArray {
        val whole = requireArraySize(raw, 3, "LongArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_LONG_UNALIGNED) }
    }

    /**
     * Sorts in ascending order, where the longs lie. No other thread may write them meanwhile.
     *
     * Cost: n log n at worst, n when they are sorted already or backwards; nothing is copied to the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { LongSorter(raw).sort(size) }
    }

    /**
     * The index of a long equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found.
     */
    public fun binarySearch(value: Long): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { raw.get(JAVA_LONG_UNALIGNED, it shl 3).compareTo(value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "LongElements(${hex(raw.address())}, $size longs)"
}

private class LongElementsIterator(private val elements: LongElements) : LongIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextLong(): Long {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} longs")
        return elements[index++]
    }
}
