package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import java.io.ByteArrayOutputStream
import java.nio.channels.Channels
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * The figures of all streams together. Its table stands on shared leases, because each connection's thread adds to
 * it; a lock lets in one at a time, once a stream.
 */
internal class Totals(private val pool: MemoryPool, private val ground: Ground = Ground.shared(pool)) : AutoCloseable {
    private val lock = ReentrantLock()
    private var table: StationTable? = null
    private var complete = true

    /** Takes the figures of a finished stream. */
    fun add(stream: StationTable): Unit = lock.withLock {
        val all = table ?: StationTable.on(ground, MAX_STATIONS)?.also { table = it }
        complete = all != null && all.addAll(stream) && complete
    }

    /**
     * The answer over all of them.
     *
     * @throws IllegalStateException when they have more stations together than are kept: a million, or what the ground
     *   has room for
     */
    fun answer(): String = lock.withLock {
        check(complete) {
            "the streams have more stations together than the service keeps: $MAX_STATIONS at most, and no more than " +
                "its memory for them holds. There is no total of them"
        }
        val all = table ?: return "{}"
        val text = ByteArrayOutputStream()
        pool.rent(BUFFER_SIZE).use { buffer ->
            AnswerWriter(Channels.newChannel(text), buffer.asByteBuffer()).write(all, pool)
        }
        text.toString(Charsets.UTF_8).trimEnd('\n')
    }

    override fun close(): Unit = lock.withLock {
        table?.close()
        table = null
    }

    private companion object {
        const val MAX_STATIONS = 1_000_000
        const val BUFFER_SIZE = 16L * 1024
    }
}
