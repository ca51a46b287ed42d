package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.ShortSorter
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

/**
 * A view of the same memory as shorts in native byte order; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of 2
 */
@JvmSynthetic
public fun Segment.asShorts(): ShortElements = ShortElements(requireWhole(raw, 2, "shorts"))

/**
 * A view of native memory as shorts in native byte order: it owns nothing and lives as long as the [Segment] that it
 * was taken from. What that says on threads and on the exceptions of every access holds here as well: an index or a
 * part that is not all inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of a [ShortArray]; nothing is boxed.
 */
@JvmInline
public value class ShortElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many shorts there are. */
    public val size: Long get() = raw.byteSize() shr 1

    /** The short at [index]. */
    public operator fun get(index: Long): Short = accessElement(raw, index, 1) { raw.get(JAVA_SHORT_UNALIGNED, it) }

    /** Sets the short at [index] to [value]. */
    public operator fun set(index: Long, value: Short): Unit =
        accessElement(raw, index, 1) { raw.set(JAVA_SHORT_UNALIGNED, it, value) }

    /** The shorts in order, read one by one. */
    public operator fun iterator(): ShortIterator = ShortElementsIterator(this)

    /** Calls [action] with each short in order. */
    public inline fun forEach(action: (Short) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Short): Unit = access(raw, 0, raw.byteSize()) {
        for (index in 0 until size) raw.set(JAVA_SHORT_UNALIGNED, index shl 1, value)
    }

    /** A view of the shorts from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): ShortElements =
        ShortElements(elementSlice(raw, fromIndex, toIndex, 1))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: ShortArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong() shl 1, raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first shorts of this view. */
    public fun copyFrom(source: ShortArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong() shl 1, raw, 0, length shl 1)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toShortArray(): ShortArray {
        val whole = requireArraySize(raw, 1, "ShortArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_SHORT_UNALIGNED) }
    }

    /**
     * Sorts in ascending order, where the shorts lie. No other thread may write them meanwhile.
     *
     * Cost: n log n at worst, n when they are sorted already or backwards; nothing is copied to the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { ShortSorter(raw).sort(size) }
    }

    /**
     * The index of a short equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found.
     */
    public fun binarySearch(value: Short): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { raw.get(JAVA_SHORT_UNALIGNED, it shl 1).compareTo(value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "ShortElements(${hex(raw.address())}, $size shorts)"
}

private class ShortElementsIterator(private val elements: ShortElements) : ShortIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextShort(): Short {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} shorts")
        return elements[index++]
    }
}
