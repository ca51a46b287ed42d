package dev.leasehold.samples.guide

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.Segment
import dev.leasehold.memory.asInputStream
import dev.leasehold.memory.asOutputStream
import dev.leasehold.memory.cursor
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.hexDump
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.typed.asDoubles
import java.util.zip.GZIPInputStream
import java.util.zip.GZIPOutputStream

/** The guide's snippets on segments. What stands between a region's comments is what docs/guide.md shows. */
internal object Segments {
    fun readAndWrite(bytes: Segment): Long {
        // region read and write
        bytes.setInt(0, 4711)
        bytes.setLong(4, 1_700_000_000_000, ByteOrder.BIG_ENDIAN) // no alignment needed
        val order = bytes.getInt(0)
        val time = bytes.getLong(4, ByteOrder.BIG_ENDIAN)
        // endregion
        return order + time
    }

    fun slices(bytes: Segment): Long {
        // region slice
        val header = bytes.slice(0, 16) // size 16
        val checksum = bytes.slice(-4) // the last four bytes
        val (head, body) = bytes.splitAt(16)
        val frozen = body.asReadOnly() // and so are all views taken from it
        // endregion
        return header.size + checksum.size + head.size + frozen.size
    }

    fun text(bytes: Segment): String {
        // region text
        val length = bytes.setUtf8(0, "Ørhavn;12.3\n") // returns how many bytes it took
        val separator = bytes.indexOf(';'.code.toByte())
        val station = bytes.getUtf8(0, separator)
        val rest = bytes.getUtf8(separator + 1, length - separator - 2)
        // endregion
        return "$station: $rest"
    }

    fun sorted(bytes: Segment): Double {
        // region sort
        val readings = bytes.slice(0, 8 * 4).asDoubles()
        readings.copyFrom(doubleArrayOf(12.3, -4.0, 30.1, 7.7))
        readings.sort() // where they lie; nothing is copied to the heap
        val at = readings.binarySearch(12.3)
        // endregion
        return readings[at]
    }

    fun cursor(bytes: Segment): String {
        // region cursor
        val writer = bytes.cursor(ByteOrder.BIG_ENDIAN)
        writer.storeInt(7)
        writer.storeUtf8("Kardal")
        val reader = bytes.cursor(ByteOrder.BIG_ENDIAN)
        val number = reader.fetchInt()
        val name = reader.fetchUtf8(6)
        // endregion
        return "$number $name"
    }

    fun dump(bytes: Segment, log: (String) -> Unit) {
        // region dump
        log(bytes.hexDump(limit = 64))
        // endregion
    }

    fun packed(segment: Segment, text: String): String {
        // region streams
        val packed = segment.asOutputStream()
        GZIPOutputStream(packed).use { it.write(text.encodeToByteArray()) }
        val stored = segment.slice(0, packed.written)
        val read = GZIPInputStream(stored.asInputStream()).readAllBytes()
        // endregion
        return read.decodeToString()
    }
}
