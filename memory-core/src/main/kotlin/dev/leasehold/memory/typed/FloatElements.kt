package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.access.sortFloats
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED

/**
 * A view of the same memory as floats in native byte order; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of 4
 */
@JvmSynthetic
public fun Segment.asFloats(): FloatElements = FloatElements(requireWhole(raw, 4, "floats"))

/**
 * A view of native memory as floats in native byte order: it owns nothing and lives as long as the [Segment] that it
 * was taken from. What that says on threads and on the exceptions of every access holds here as well: an index or a
 * part that is not all inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of a [FloatArray]; nothing is boxed.
 */
@JvmInline
public value class FloatElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many floats there are. */
    public val size: Long get() = raw.byteSize() shr 2

    /** The float at [index]. */
    public operator fun get(index: Long): Float = accessElement(raw, index, 2) { raw.get(JAVA_FLOAT_UNALIGNED, it) }

    /** Sets the float at [index] to [value]. */
    public operator fun set(index: Long, value: Float): Unit =
        accessElement(raw, index, 2) { raw.set(JAVA_FLOAT_UNALIGNED, it, value) }

    /** The floats in order, read one by one. */
    public operator fun iterator(): FloatIterator = FloatElementsIterator(this)

    /** Calls [action] with each float in order. */
    public inline fun forEach(action: (Float) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Float): Unit = access(raw, 0, raw.byteSize()) {
        for (index in 0 until size) raw.set(JAVA_FLOAT_UNALIGNED, index shl 2, value)
    }

    /** A view of the floats from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): FloatElements =
        FloatElements(elementSlice(raw, fromIndex, toIndex, 2))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: FloatArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong() shl 2, raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first floats of this view. */
    public fun copyFrom(source: FloatArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong() shl 2, raw, 0, length shl 2)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toFloatArray(): FloatArray {
        val whole = requireArraySize(raw, 2, "FloatArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_FLOAT_UNALIGNED) }
    }

    /**
     * Sorts in ascending order, where the floats lie.
     *
     * The order is that of [Float.compareTo]: -0.0 before 0.0, NaNs last. No other thread may read or write them
     * meanwhile: their bits are changed while they are being sorted.
     *
     * Cost: n log n at worst, n when they are sorted already or backwards; nothing is copied to the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { sortFloats(raw) }
    }

    /**
     * The index of a float equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found. NaN equals NaN and comes last, -0.0 comes before 0.0.
     */
    public fun binarySearch(value: Float): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { java.lang.Float.compare(raw.get(JAVA_FLOAT_UNALIGNED, it shl 2), value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "FloatElements(${hex(raw.address())}, $size floats)"
}

private class FloatElementsIterator(private val elements: FloatElements) : FloatIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextFloat(): Float {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} floats")
        return elements[index++]
    }
}
