package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import java.nio.channels.FileChannel
import java.nio.file.Path

/**
 * The lines of a file, cut at line ends into one part for each client, each sent [repeat] times. A last line without
 * a line feed is sent with one.
 */
internal class FileRows(
    private val file: Path,
    override val clients: Int,
    private val repeat: Int,
    private val parts: List<FilePart>,
) : Workload {
    override val rows: Long = parts.sumOf { it.lines } * repeat

    override val filesPerClient: Int get() = 1

    override val description: String
        get() = file.fileName.toString() + if (repeat > 1) ", $repeat times over" else ""

    override fun open(client: Int, pool: MemoryPool): RowSource = Part(FileChannel.open(file), parts[client], repeat)

    override fun place(client: Int, line: Long): String {
        val part = parts[client]
        return "line ${part.firstLine + (line - 1) % part.lines.coerceAtLeast(1)} of $file"
    }

    private class Part(
        private val channel: FileChannel,
        private val part: FilePart,
        private val repeat: Int,
    ) : RowSource {
        private var round = 0
        private var at = part.start

        override fun fill(target: Segment): Long {
            if (part.start == part.end || round == repeat) return 0
            val end = minOf(part.end - at, target.size - 1)
            val read = channel.read(target.slice(0, end).asByteBuffer(), at)
            check(read > 0) { "the file became shorter while it was sent" }
            at += read
            return if (at < part.end) read.toLong() else endRound(target, read.toLong())
        }

        private fun endRound(target: Segment, length: Long): Long {
            round++
            at = part.start
            if (target.getByte(length - 1) == LineFormat.END) return length
            target.setByte(length, LineFormat.END)
            return length + 1
        }

        override fun close(): Unit = channel.close()
    }
}
