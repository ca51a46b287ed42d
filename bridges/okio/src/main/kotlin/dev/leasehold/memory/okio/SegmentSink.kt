package dev.leasehold.memory.okio

import dev.leasehold.memory.okio.internal.Bytes
import dev.leasehold.memory.okio.internal.asInputOutput
import dev.leasehold.memory.okio.internal.moveTo
import okio.Buffer
import okio.Sink
import okio.Timeout

/**
 * A sink that writes into memory of a fixed size, from its first byte on: `asSink` of a segment or a lease.
 *
 * **Ownership.** A view: closing it gives nothing back.
 * **Threads.** Those of the memory; one at a time.
 * **Cost.** One copy, out of the arrays of the buffer that writes.
 */
public class SegmentSink internal constructor(private val bytes: Bytes) : Sink {
    private var closed = false

    /** How many bytes have been written; what a buffer in front still holds does not count, so flush that first. */
    public var written: Long = 0
        private set

    /**
     * Writes [byteCount] bytes of [source], or none.
     *
     * @throws okio.IOException when the memory has no room for all of them, was given back or belongs to another
     *   thread, and the cause says which; the [source] keeps its bytes
     */
    override fun write(source: Buffer, byteCount: Long) {
        require(byteCount in 0..source.size) { "a buffer of ${source.size} bytes cannot give $byteCount" }
        check(!closed) { "closed" }
        asInputOutput {
            bytes.use { memory ->
                val _ = source.moveTo(memory.slice(written, byteCount), 0, byteCount)
            }
        }
        written += byteCount
    }

    /** Does nothing: what is written is in the memory. */
    override fun flush(): Unit = check(!closed) { "closed" }

    /** No timeout: memory does not wait. */
    override fun timeout(): Timeout = Timeout.NONE

    /** Ends the writing, and nothing else. */
    override fun close() {
        closed = true
    }
}
