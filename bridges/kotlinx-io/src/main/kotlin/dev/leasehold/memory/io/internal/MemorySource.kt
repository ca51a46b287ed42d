package dev.leasehold.memory.io.internal

import kotlinx.io.Buffer
import kotlinx.io.RawSource

/** The bytes from [position] to [end] of [bytes]. */
internal class MemorySource(private val bytes: Bytes, private var position: Long, private val end: Long) : RawSource {
    private var closed = false

    override fun readAtMostTo(sink: Buffer, byteCount: Long): Long {
        require(byteCount >= 0) { "a read cannot be of $byteCount bytes; ask for none or more" }
        check(!closed) { "closed" }
        if (position == end) return -1
        val most = minOf(byteCount, end - position)
        if (most == 0L) return 0
        var copied = 0L
        asInputOutput { bytes.use { copied = sink.appendFrom(it, position, most) } }
        position += copied
        return copied
    }

    override fun close() {
        closed = true
    }
}
