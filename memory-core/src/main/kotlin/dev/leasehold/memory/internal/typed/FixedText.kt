package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.access
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.internal.access.Utf8
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.utf8Size
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** Text in a fixed number of bytes: UTF-8, with NULs behind it, and none when it fills them. */
internal object FixedText {
    private const val NUL: Byte = 0

    /** The text in the [capacity] bytes at [offset] of [raw], up to the first NUL. */
    @JvmStatic
    fun read(raw: MemorySegment, offset: Long, capacity: Int): String {
        val length = access(raw, offset, capacity.toLong()) {
            var end = 0L
            while (end < capacity && raw.get(JAVA_BYTE, offset + end) != NUL) end++
            end
        }
        return Segment.of(raw).getUtf8(offset, length)
    }

    /** Writes [text], which [misfit] has nothing to say against. */
    @JvmStatic
    fun write(raw: MemorySegment, offset: Long, capacity: Int, text: String) {
        access(raw, offset, capacity.toLong()) {
            val size = text.utf8Size()
            Utf8.encode(text, raw, offset)
            fillBytes(raw.asSlice(offset + size, capacity - size), NUL)
        }
    }

    /** Why [text] does not fit into [capacity] bytes; null when it does. Refuses what would be read back otherwise. */
    @JvmStatic
    fun misfit(text: String, capacity: Int): String? {
        val size = sizeOf(text)
        if (size <= capacity) return null
        return "The text has ${bytes(size)} in UTF-8 and its field ${bytes(capacity.toLong())}: shorten it, or let " +
            "setTruncated cut it"
    }

    /** As much of the beginning of [text] as fits into [capacity] bytes, in whole code points. */
    fun fitting(text: String, capacity: Int): String {
        if (sizeOf(text) <= capacity) return text
        var left = capacity
        var end = 0
        while (end < text.length) {
            val next = end + Character.charCount(text.codePointAt(end))
            left -= text.substring(end, next).utf8Size().toInt()
            if (left < 0) break
            end = next
        }
        return text.substring(0, end)
    }

    private fun sizeOf(text: String): Long {
        val nul = text.indexOf('\u0000')
        if (nul < 0) return text.utf8Size()
        throw MalformedTextException(
            "The text has a NUL at index ${grouped(nul.toLong())}, which would end it there when read",
            nul.toLong(),
        )
    }
}
