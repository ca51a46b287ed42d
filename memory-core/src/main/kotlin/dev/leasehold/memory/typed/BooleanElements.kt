package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.outOfBounds
import dev.leasehold.memory.requireArraySize
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BOOLEAN

/** A view of the same memory as booleans, one in each byte: 0 is false, all else true. */
@JvmSynthetic
public fun Segment.asBooleans(): BooleanElements = BooleanElements(raw)

/**
 * A view of native memory as booleans, one in each byte: 0 is false, all else true, and true is written as 1. It owns
 * nothing and lives as long as the [Segment] that it was taken from. What that says on threads and on the exceptions of
 * every access holds here as well: an index or a part that is not all inside throws [SegmentBoundsException], and
 * nothing is written or copied.
 *
 * Cost: an access is that of a [BooleanArray]; nothing is boxed.
 */
@JvmInline
public value class BooleanElements internal constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many booleans there are. */
    public val size: Long get() = raw.byteSize()

    /** The boolean at [index]. */
    public operator fun get(index: Long): Boolean = accessElement(raw, index, 0) { raw.get(JAVA_BOOLEAN, it) }

    /** Sets the boolean at [index] to [value]. */
    public operator fun set(index: Long, value: Boolean): Unit =
        accessElement(raw, index, 0) { raw.set(JAVA_BOOLEAN, it, value) }

    /** The booleans in order, read one by one. */
    public operator fun iterator(): BooleanIterator = BooleanElementsIterator(this)

    /** Calls [action] with each boolean in order. */
    public inline fun forEach(action: (Boolean) -> Unit) {
        for (index in 0 until size) action(get(index))
    }

    /** Sets all to [value]. */
    public fun fill(value: Boolean): Unit = access(raw, 0, raw.byteSize()) { fillBytes(raw, if (value) 1 else 0) }

    /** A view of the booleans from [fromIndex] up to [toIndex], which is not part of it. */
    public fun slice(fromIndex: Long, toIndex: Long = size): BooleanElements =
        BooleanElements(elementSlice(raw, fromIndex, toIndex, 0))

    /** Copies all to [target] from [targetIndex] on. */
    public fun copyTo(target: BooleanArray, targetIndex: Int = 0) {
        val length = raw.byteSize()
        requirePart(targetIndex.toLong(), length, target.size.toLong())
        // No segment can lie over an array of booleans, so there is no copy of the platform's to call.
        access(raw, 0, length) {
            for (index in 0 until length.toInt()) target[targetIndex + index] = raw.get(JAVA_BOOLEAN, index.toLong())
        }
    }

    /** Copies the elements of [source] from [fromIndex] up to [toIndex] over the first booleans of this view. */
    public fun copyFrom(source: BooleanArray, fromIndex: Int = 0, toIndex: Int = source.size) {
        val length = toIndex.toLong() - fromIndex
        requirePart(fromIndex.toLong(), length, source.size.toLong())
        requirePart(0, length, raw.byteSize())
        access(raw, 0, length) {
            for (index in 0 until length.toInt()) raw.set(JAVA_BOOLEAN, index.toLong(), source[fromIndex + index])
        }
    }

    /**
     * A new array with a copy of all; it is the caller's.
     *
     * @throws SegmentSizeException when there are more than fit into an array (2 Gi - 9)
     */
    public fun toBooleanArray(): BooleanArray {
        val whole = requireArraySize(raw, 0, "BooleanArray")
        return BooleanArray(whole.byteSize().toInt()).also { copyTo(it) }
    }

    /** The same memory as bytes again. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "BooleanElements(${hex(raw.address())}, $size booleans)"
}

private fun requirePart(offset: Long, length: Long, size: Long) {
    if (offset < 0 || length < 0 || length > size - offset) throw outOfBounds(offset, length, size)
}

private class BooleanElementsIterator(private val elements: BooleanElements) : BooleanIterator() {
    private var index = 0L

    override fun hasNext(): Boolean = index < elements.size

    override fun nextBoolean(): Boolean {
        if (!hasNext()) throw NoSuchElementException("There are only ${elements.size} booleans")
        return elements[index++]
    }
}
