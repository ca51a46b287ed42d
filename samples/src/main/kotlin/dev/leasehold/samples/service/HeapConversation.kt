package dev.leasehold.samples.service

import java.io.BufferedReader
import java.io.IOException
import java.io.InputStream
import java.io.InputStreamReader
import java.nio.ByteBuffer
import java.nio.channels.Channels
import java.nio.channels.SocketChannel
import java.util.concurrent.atomic.LongAdder

/**
 * The same service as one writes it on the heap: a buffered reader, a string a line, a `HashMap` by name. No straw
 * man: it splits a line only once, parses numbers without a `Double`, and changes its figures in place.
 */
internal class HeapConversation : Conversation {
    private val totals = HashMap<String, HeapStation>()

    override fun serve(channel: SocketChannel, rows: LongAdder) {
        val answer = ByteBuffer.wrap("${answer(Channels.newInputStream(channel), rows)}\n".toByteArray())
        while (answer.hasRemaining()) {
            val _ = channel.write(answer)
        }
    }

    /** Reads [stream] up to its end and answers what a client would be answered, without the line feed. */
    fun answer(stream: InputStream, rows: LongAdder): String {
        val stations = HashMap<String, HeapStation>()
        readAll(BufferedReader(InputStreamReader(stream, Charsets.UTF_8), BUFFER_SIZE), HeapLines(stations), rows)
        synchronized(totals) { for ((name, station) in stations) totals.getOrPut(name) { HeapStation() }.add(station) }
        return HeapStation.answer(stations)
    }

    private fun readAll(reader: BufferedReader, lines: HeapLines, rows: LongAdder) {
        var told = 0L
        try {
            while (true) {
                lines.take(reader.readLine() ?: break)
                if (lines.count - told == TELL_EVERY) {
                    rows.add(TELL_EVERY)
                    told += TELL_EVERY
                }
            }
        } catch (lost: IOException) {
            throw LineRefusedException(lines.count + 1, "cut off by a lost connection: ${lost.message}", lost)
        } finally {
            rows.add(lines.count - told)
        }
    }

    override fun total(): String = synchronized(totals) { HeapStation.answer(totals) }

    override fun close(): Unit = synchronized(totals) { totals.clear() }

    private companion object {
        const val BUFFER_SIZE = 64 * 1024
        const val TELL_EVERY = 4096L
    }
}
