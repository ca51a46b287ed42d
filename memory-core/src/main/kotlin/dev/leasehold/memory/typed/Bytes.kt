package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped

/**
 * Elements that are so many bytes, of which the library knows no more: for an [ObjectPool] of any size.
 *
 * @throws InvalidSizeException when the size is negative
 * @throws InvalidAlignmentException when the alignment is no power of two
 */
public class Bytes @JvmOverloads constructor(size: Long, override val alignment: Long = 1) : ElementType<Segment> {
    override val byteSize: Long

    init {
        if (size < 0) throw InvalidSizeException("elements of ${bytes(size)} were asked for", size)
        if (java.lang.Long.bitCount(alignment) != 1 || alignment < 1) {
            throw InvalidAlignmentException(
                "the alignment of an element must be a power of two, and was ${grouped(alignment)}",
                alignment,
            )
        }
        byteSize = (size + alignment - 1) and -alignment
        if (byteSize < 0) throw InvalidSizeException("elements of ${bytes(size)} were asked for", size)
    }

    override val layout: String get() = "${bytes(byteSize)}, alignment $alignment"

    /** The [layout]. */
    override fun toString(): String = layout
}
