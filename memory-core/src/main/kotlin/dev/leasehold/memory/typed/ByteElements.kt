package dev.leasehold.memory.typed

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.binarySearchBy
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.access.sortBytes
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.requireArraySize
import dev.leasehold.memory.toByteArray
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** A view of the same memory as bytes. */
@JvmSynthetic
public fun Segment.asBytes(): ByteElements = ByteElements(raw)

/**
 * A view of native memory as bytes: it owns nothing and lives as long as the [Segment] that it was taken from. What
 * that says on threads and on the exceptions of every access holds here as well: an index or a part that is not all
 * inside throws [SegmentBoundsException], and nothing is written or copied.
 *
 * Cost: an access is that of a [ByteArray]; nothing is boxed.
 */
@JvmInline
public value class ByteElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many bytes there are. */
    public val size: Long get() = raw.byteSize()

    /** The byte at [index]. */
    public operator fun get(index: Long): Byte = accessElement(raw, index, 0) { raw.get(JAVA_BYTE, it) }

    /** Sets the byte at [index] to [value]. */
    public operator fun set(index: Long, value: Byte): Unit =
        accessElement(raw, index, 0) { raw.set(JAVA_BYTE, it, value) }

    /** The bytes in order, read one by one. */
    public operator fun iterator(): ByteIterator = ByteElementsIterator(this)

    /** Calls [action] with each byte in order. */
    public inline fun forEach(action: (Byte) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Byte): Unit = access(raw, 0, raw.byteSize()) { fillBytes(raw, value) }

    /** A view of the bytes from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): ByteElements =
        ByteElements(elementSlice(raw, fromIndex, toIndex, 0))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: ByteArray, targetIndex: Int = 0): Unit =
        copy(raw, 0, MemorySegment.ofArray(target), targetIndex.toLong(), raw.byteSize())

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first bytes of this view. */
    public fun copyFrom(source: ByteArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        copy(MemorySegment.ofArray(source), fromIndex.toLong(), raw, 0, length)
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toByteArray(): ByteArray {
        val whole = requireArraySize(raw, 0, "ByteArray")
        return access(whole, 0, whole.byteSize()) { whole.toArray(JAVA_BYTE) }
    }

    /**
     * Sorts in ascending order, where the bytes lie. No other thread may write them meanwhile.
     *
     * Cost: linear, with 2 KiB of counters on the heap.
     */
    public fun sort() {
        if (raw.isReadOnly) throw readOnly(raw)
        access(raw, 0, raw.byteSize()) { sortBytes(raw) }
    }

    /**
     * The index of a byte equal to [value], or, if there is none, `-(insertion point) - 1`, which is negative; the
     * insertion point is the index of the first that is greater. All must be in ascending order, otherwise the result
     * says nothing; of several equal ones any may be found.
     */
    public fun binarySearch(value: Byte): Long = access(raw, 0, raw.byteSize()) {
        binarySearchBy(size) { raw.get(JAVA_BYTE, it).compareTo(value) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "ByteElements(${hex(raw.address())}, $size bytes)"
}

private class ByteElementsIterator(private val elements: ByteElements) : ByteIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextByte(): Byte {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} bytes")
        return elements[index++]
    }
}
