package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.IntSorter
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED

/**
 * A view of the same memory as ints in native byte order; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of 4
 */
@JvmSynthetic
public fun Segment.asInts(): IntElements = IntElements(requireWhole(raw, 4, "ints"))

/**
 * A view of native memory as ints in native byte order: it owns nothing and lives as long as the [Segment] that it was
 * taken from. What that says on threads and on the exceptions of every access holds here as well: an index or a part
 * that is not all inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of an [IntArray]; nothing is boxed.
 */
@JvmInline
public value class IntElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many ints there are. */
    public val size: Long get() = raw.byteSize() shr 2

    /** The int at [index]. */
    public operator fun get(index: Long): Int = accessElement(raw, index, 2) { raw.get(JAVA_INT_UNALIGNED, it) }

    /** Sets the int at [index] to [value]. */
    public operator fun set(index: Long, value: Int): Unit =
        accessElement(raw, index, 2) { raw.set(JAVA_INT_UNALIGNED, it, value) }

    /** The ints in order, read one by one. */
    public operator fun iterator(): IntIterator = IntElementsIterator(this)

    /** Calls [action] with each int in order. */
    public inline fun forEach(action: (Int) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Int): Unit = access(raw, 0, raw.byteSize()) {
        for (index in 0 until size) raw.set(JAVA_INT_UNALIGNED, index shl 2, value)
    }

    /** A view of the ints from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): IntElements =
        IntElements(elementSlice(raw, fromIndex, toIndex, 2))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: IntArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong() shl 2, raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first ints of this view. */
    public fun copyFrom(source: IntArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong() shl 2, raw, 0, length shl 2)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toIntArray(): IntArray {
        val whole = requireArraySize(raw, 2, "IntArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_INT_UNALIGNED) }
    }

    /**
     * Sorts in ascending order, where the ints lie. No other thread may write them meanwhile.
     *
     * Cost: n log n at worst, n when they are sorted already or backwards; nothing is copied to the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { IntSorter(raw).sort(size) }
    }

    /**
     * The index of an int equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found.
     */
    public fun binarySearch(value: Int): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { raw.get(JAVA_INT_UNALIGNED, it shl 2).compareTo(value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "IntElements(${hex(raw.address())}, $size ints)"
}

private class IntElementsIterator(private val elements: IntElements) : IntIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextInt(): Int {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} ints")
        return elements[index++]
    }
}
