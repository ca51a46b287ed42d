package dev.leasehold.samples.service

import dev.leasehold.memory.Lease
import dev.leasehold.memory.indexOf
import java.nio.channels.FileChannel

/** Looks for line ends in a file, a leased [buffer] at a time. */
internal class LineScan(private val channel: FileChannel, private val buffer: Lease) {
    private val size = channel.size()

    /**
     * Where the first line begins at [offset] or behind it; the end of the file for the [last] part, or when there is
     * none.
     */
    fun lineStartFrom(offset: Long, last: Boolean): Long {
        if (last || offset == 0L) return if (last) size else 0
        var at = offset - 1
        while (at < size) {
            val read = read(at, size)
            val end = buffer.segment.slice(0, read).indexOf(LineFormat.END)
            if (end >= 0) return at + end + 1
            at += read
        }
        return size
    }

    /** How many lines lie between [start] and [end]; a rest without a line feed counts as one. */
    fun linesBetween(start: Long, end: Long): Long {
        var lines = 0L
        var at = start
        var open = false
        while (at < end) {
            val read = read(at, end)
            lines += endsIn(read)
            open = buffer.segment.getByte(read - 1) != LineFormat.END
            at += read
        }
        return if (open) lines + 1 else lines
    }

    private fun endsIn(length: Long): Long {
        val bytes = buffer.segment.slice(0, length)
        var count = 0L
        var at = bytes.indexOf(LineFormat.END)
        while (at >= 0) {
            count++
            at = bytes.indexOf(LineFormat.END, at + 1)
        }
        return count
    }

    private fun read(at: Long, end: Long): Long {
        val bytes = buffer.asByteBuffer().limit(minOf(buffer.size, end - at).toInt())
        val read = channel.read(bytes, at)
        check(read > 0) { "the file became shorter while it was read" }
        return read.toLong()
    }
}
