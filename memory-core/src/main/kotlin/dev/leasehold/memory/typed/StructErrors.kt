@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/**
 * A struct that cannot be declared as it is, a record or a layout of the platform that is no struct, or a field that a
 * struct does not have. Nothing was made.
 */
public class StructLayoutException internal constructor(message: String, cause: Throwable?) :
    MemoryException(message, cause) {
    internal constructor(message: String) : this(message, null)
}

/**
 * A value that does not fit into its field: text that is too long, a number with more bits, an array of another length,
 * a part of a record that is null. Nothing was written.
 */
public class FieldValueException internal constructor(message: String) : MemoryException(message)

/** The exception for memory of [size] bytes that was to be seen as one struct of [type]. */
internal fun noSingleStruct(type: ElementType<*>, size: Long) = SegmentSizeException(
    "A segment of ${bytes(size)} is no single struct of ${bytes(type.byteSize)}; slice it to that size, or take " +
        "asStructs for several",
    size,
)

/** The exception for an [index] outside of the [count] elements of a fixed array at [offset] of a struct. */
internal fun noSuchFixedElement(offset: Long, index: Int, count: Int) =
    noSuchElement("The fixed array at offset ${grouped(offset)} of the struct", index.toLong(), count.toLong())

/** The exception for the part from [fromIndex] up to [toIndex] of an array of [count] structs. */
internal fun noSuchPart(fromIndex: Long, toIndex: Long, count: Long) = ElementBoundsException(
    "The array of structs has no part from ${grouped(fromIndex)} up to ${grouped(toIndex)}: it has " +
        counted(count, "element"),
    if (fromIndex in 0..count) toIndex else fromIndex,
    count,
)

/** The exception for [count] structs that were to be copied from or to columns of [wanted]. */
internal fun notAsMany(count: Long, wanted: Long, size: Long) = SegmentSizeException(
    "An array of ${counted(count, "struct")} cannot be copied from or to columns of ${grouped(wanted)}: slice it first",
    size,
)
