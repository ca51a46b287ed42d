package dev.leasehold.memory

import dev.leasehold.memory.internal.access.Values
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import java.io.IOException
import java.io.OutputStream
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.Objects

/**
 * A stream that writes into memory of a fixed size, from its first byte on: [asOutputStream] of a segment.
 *
 * **Ownership.** A view: closing it gives nothing back, and does nothing else.
 * **Threads.** Those of the memory; one at a time.
 * **Cost.** One copy, from the writer's array.
 */
public class SegmentOutputStream internal constructor(private val raw: MemorySegment) : OutputStream() {
    /** How many bytes were written: they are the first of the segment. */
    public var written: Long = 0
        private set

    /**
     * Writes the low eight bits of [b].
     *
     * @throws IOException when there is no room, or the memory has ended, belongs to another thread or is read-only;
     *   then the cause says which
     */
    override fun write(b: Int) {
        requireRoom(1)
        inStream { access(raw, written, 1) { Values.BYTE.set(raw, written, b.toByte()) } }
        written++
    }

    /**
     * Writes [len] bytes of [b] from [off] on: all of them or, when it throws, none.
     *
     * @throws IOException as for one byte
     * @throws IndexOutOfBoundsException when they are not all inside of [b]
     */
    override fun write(b: ByteArray, off: Int, len: Int) {
        Objects.checkFromIndexSize(off, len, b.size)
        requireRoom(len)
        inStream { access(raw, written, len.toLong()) { MemorySegment.copy(b, off, raw, JAVA_BYTE, written, len) } }
        written += len
    }

    private fun requireRoom(count: Int) {
        val room = raw.byteSize() - written
        if (count <= room) return
        throw IOException(
            "There is no room for ${bytes(count.toLong())} more in a segment of ${bytes(raw.byteSize())}, of which " +
                "${grouped(written)} are written: give the stream a larger one",
        )
    }
}
