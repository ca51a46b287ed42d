@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.access.Utf8
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped

private const val NUL: Byte = 0

/**
 * How many bytes this text takes in UTF-8.
 *
 * @throws MalformedTextException when it has a lone surrogate
 */
public fun String.utf8Size(): Long = Utf8.sizeOf(this) { index ->
    throw MalformedTextException(
        "The text has a lone surrogate (0x${this[index].code.toShort().toHexString()}) at index " +
            "${grouped(index.toLong())} of ${grouped(length.toLong())}, which UTF-8 cannot express",
        index.toLong(),
    )
}

/**
 * The UTF-8 text in the [length] bytes at [offset]: by default in all from [offset] on. NULs are characters like
 * others.
 *
 * Cost: the bytes are copied twice on the heap, once into the string.
 *
 * @throws SegmentBoundsException when the bytes are not all inside
 * @throws SegmentSizeException when there are more than fit into an array (2 GiB - 9)
 * @throws MalformedTextException when they are no UTF-8; it names the offset of the first that is none
 */
public fun Segment.getUtf8(offset: Long = 0, length: Long = size - offset): String {
    if (offset < 0) throw outOfBounds(offset, length, size)
    val encoded = slice(offset, length).toByteArray()
    return Utf8.decode(encoded) { position ->
        throw MalformedTextException(
            "Malformed UTF-8 at offset ${grouped(offset + position)} (byte 0x${encoded[position].toHexString()}) of " +
                "a segment of ${bytes(size)}",
            offset + position,
        )
    }
}

/**
 * The UTF-8 text from [offset] up to the next NUL, which is not part of it.
 *
 * @throws SegmentBoundsException when [offset] is not inside
 * @throws SegmentSizeException when the text does not fit into an array (2 GiB - 9)
 * @throws MalformedTextException when no NUL follows or the bytes before it are no UTF-8
 */
public fun Segment.getUtf8Terminated(offset: Long = 0): String {
    val end = indexOf(NUL, offset)
    if (end < 0) {
        val message = "No NUL ends the text at offset ${grouped(offset)} of a segment of ${bytes(size)}"
        throw MalformedTextException(message, offset)
    }
    return getUtf8(offset, end - offset)
}

/**
 * Writes [text] in UTF-8 at [offset], with nothing after it, and returns how many bytes that took.
 *
 * @throws SegmentBoundsException when the bytes do not all fit; nothing is written
 * @throws MalformedTextException when [text] has a lone surrogate; nothing is written
 */
@IgnorableReturnValue
public fun Segment.setUtf8(offset: Long, text: String): Long = write(offset, text, text.utf8Size())

/**
 * Writes [text] in UTF-8 at [offset], a NUL after it, and returns how many bytes that took, the NUL included.
 *
 * @throws SegmentBoundsException when the bytes do not all fit; nothing is written
 * @throws MalformedTextException when [text] has a lone surrogate, or a NUL, which would end it early; nothing is
 *   written
 */
@IgnorableReturnValue
public fun Segment.setUtf8Terminated(offset: Long, text: String): Long {
    val nul = text.indexOf('\u0000')
    if (nul >= 0) {
        throw MalformedTextException(
            "The text has a NUL at index ${grouped(nul.toLong())}, which would end it there when read",
            nul.toLong(),
        )
    }
    val length = text.utf8Size()
    val written = write(offset, text, length + 1)
    setByte(offset + length, NUL)
    return written
}

private fun Segment.write(offset: Long, text: String, length: Long): Long {
    if (offset < 0 || offset > size - length) throw outOfBounds(offset, length, size)
    access(raw, offset, length) { Utf8.encode(text, raw, offset) }
    return length
}
