package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import java.nio.channels.FileChannel

/**
 * A run of whole lines in a file.
 *
 * @property start offset of its first byte
 * @property end offset behind its last byte
 * @property firstLine number of its first line in the file, from 1
 * @property lines how many lines it has
 */
internal data class FilePart(val start: Long, val end: Long, val firstLine: Long, val lines: Long) {
    companion object {
        private const val CHUNK = 256L * 1024

        /**
         * Cuts the file behind [channel] into [count] parts of about one size, some of them empty if there are few
         * lines.
         */
        fun cut(channel: FileChannel, count: Int, pool: MemoryPool): List<FilePart> = pool.rent(CHUNK).use { buffer ->
            val scan = LineScan(channel, buffer)
            val size = channel.size()
            var start = 0L
            var line = 1L
            (1..count).map { i ->
                val end = scan.lineStartFrom(maxOf(start, size / count * i), last = i == count)
                val lines = scan.linesBetween(start, end)
                FilePart(start, end, line, lines).also {
                    start = end
                    line += lines
                }
            }
        }
    }
}
