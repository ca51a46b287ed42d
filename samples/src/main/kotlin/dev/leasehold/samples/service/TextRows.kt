package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.indexOf
import java.lang.foreign.Arena
import java.nio.channels.FileChannel
import java.nio.channels.FileChannel.MapMode.READ_ONLY
import java.nio.file.Path

/**
 * The lines of a [text], cut at line ends into one part for each client, each of them sent [repeat] times. A last line
 * without an end is sent with one.
 */
class TextRows(
    private val text: Segment,
    private val name: String,
    override val clients: Int,
    private val repeat: Int,
) : Rows {
    private val starts = (0..clients).map { lineStart(text.size / clients * it, last = it == clients) }

    override val count: Long = linesIn(text) * repeat

    private fun part(client: Int): Segment = text.slice(starts[client], starts[client + 1] - starts[client])

    override fun open(client: Int): RowSource {
        val part = part(client)
        var at = 0L
        var left = if (part.size == 0L) 0 else repeat
        return RowSource { target ->
            val length = if (left == 0) 0 else minOf(part.size - at, target.size - 1)
            part.copyTo(target, 0, at, length)
            at += length
            if (left == 0 || at < part.size) return@RowSource length
            left--
            at = 0
            length + endLine(target, length)
        }
    }

    private fun endLine(target: Segment, length: Long): Int {
        if (target.getByte(length - 1) == LineFormat.END) return 0
        target.setByte(length, LineFormat.END)
        return 1
    }

    override fun place(client: Int, line: Long): String {
        val inPart = (line - 1) % maxOf(linesIn(part(client)), 1)
        return "line ${linesIn(text.slice(0, starts[client])) + inPart + 1} of $name"
    }

    override fun toString(): String = if (repeat > 1) "$name, $repeat times over" else name

    private fun lineStart(offset: Long, last: Boolean): Long {
        val end = if (last || offset == 0L) -1 else text.indexOf(LineFormat.END, offset - 1)
        return if (end >= 0) {
            end + 1
        } else if (offset == 0L) {
            0
        } else {
            text.size
        }
    }

    private fun linesIn(text: Segment): Long {
        var lines = 0L
        var at = 0L
        while (at < text.size) {
            val end = text.indexOf(LineFormat.END, at)
            at = if (end < 0) text.size else end + 1
            lines++
        }
        return lines
    }

    companion object {
        /** The lines of a file, which is mapped into memory for as long as they are used. */
        fun ofFile(file: Path, clients: Int, repeat: Int): TextRows = FileChannel.open(file).use { channel ->
            val mapped = channel.map(READ_ONLY, 0, channel.size(), Arena.ofAuto())
            TextRows(Segment.of(mapped), "$file", clients, repeat)
        }

        /** The 5,000 lines that come with the program. */
        fun bundled(clients: Int, repeat: Int): TextRows {
            val stream = checkNotNull(TextRows::class.java.getResourceAsStream(BUNDLED)) { "no $BUNDLED" }
            return TextRows(stream.use { segmentOf(it.readAllBytes()) }, BUNDLED, clients, repeat)
        }

        const val BUNDLED = "measurements-small.txt"
    }
}
