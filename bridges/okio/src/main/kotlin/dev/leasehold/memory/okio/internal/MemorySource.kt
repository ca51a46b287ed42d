package dev.leasehold.memory.okio.internal

import okio.Buffer
import okio.Source
import okio.Timeout

/** The bytes from [position] to [end] of [bytes]. */
internal class MemorySource(private val bytes: Bytes, private var position: Long, private val end: Long) : Source {
    private val cursor = Buffer.UnsafeCursor()
    private var closed = false

    override fun read(sink: Buffer, byteCount: Long): Long {
        require(byteCount >= 0) { "a read cannot be of $byteCount bytes; ask for none or more" }
        check(!closed) { "closed" }
        if (position == end) return -1
        val most = minOf(byteCount, end - position)
        if (most == 0L) return 0
        var copied = 0L
        asInputOutput { bytes.use { copied = sink.appendFrom(it, position, most, cursor) } }
        position += copied
        return copied
    }

    override fun timeout(): Timeout = Timeout.NONE

    override fun close() {
        closed = true
    }
}
