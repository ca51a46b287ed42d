package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.access.sortDoubles
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED

/**
 * A view of the same memory as doubles in native byte order; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of 8
 */
@JvmSynthetic
public fun Segment.asDoubles(): DoubleElements = DoubleElements(requireWhole(raw, 8, "doubles"))

/**
 * A view of native memory as doubles in native byte order: it owns nothing and lives as long as the [Segment] that it
 * was taken from. What that says on threads and on the exceptions of every access holds here as well: an index or a
 * part that is not all inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of a [DoubleArray]; nothing is boxed.
 */
@JvmInline
public value class DoubleElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many doubles there are. */
    public val size: Long get() = raw.byteSize() shr 3

    /** The double at [index]. */
    public operator fun get(index: Long): Double = accessElement(raw, index, 3) { raw.get(JAVA_DOUBLE_UNALIGNED, it) }

    /** Sets the double at [index] to [value]. */
    public operator fun set(index: Long, value: Double): Unit =
        accessElement(raw, index, 3) { raw.set(JAVA_DOUBLE_UNALIGNED, it, value) }

    /** The doubles in order, read one by one. */
    public operator fun iterator(): DoubleIterator = DoubleElementsIterator(this)

    /** Calls [action] with each double in order. */
    public inline fun forEach(action: (Double) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Double): Unit = access(raw, 0, raw.byteSize()) {
        for (index in 0 until size) raw.set(JAVA_DOUBLE_UNALIGNED, index shl 3, value)
    }

    /** A view of the doubles from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): DoubleElements =
        DoubleElements(elementSlice(raw, fromIndex, toIndex, 3))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: DoubleArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong() shl 3, raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first doubles of this view. */
    public fun copyFrom(source: DoubleArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong() shl 3, raw, 0, length shl 3)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toDoubleArray(): DoubleArray {
        val whole = requireArraySize(raw, 3, "DoubleArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_DOUBLE_UNALIGNED) }
    }

    /**
     * Sorts in ascending order, where the doubles lie.
     *
     * The order is that of [Double.compareTo]: -0.0 before 0.0, NaNs last. No other thread may read or write them
     * meanwhile: their bits are changed while they are being sorted.
     *
     * Cost: n log n at worst, n when they are sorted already or backwards; nothing is copied to the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { sortDoubles(raw) }
    }

    /**
     * The index of a double equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found. NaN equals NaN and comes last, -0.0 comes before 0.0.
     */
    public fun binarySearch(value: Double): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { java.lang.Double.compare(raw.get(JAVA_DOUBLE_UNALIGNED, it shl 3), value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "DoubleElements(${hex(raw.address())}, $size doubles)"
}

private class DoubleElementsIterator(private val elements: DoubleElements) : DoubleIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextDouble(): Double {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} doubles")
        return elements[index++]
    }
}
