package dev.leasehold.samples.service

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.rent
import java.io.InputStream
import java.util.concurrent.atomic.LongAdder

/** What the heap version answers to a workload, found out without sockets: what other versions are held to. */
internal class HeapAnswers private constructor(
    /** What each client is answered. */
    val each: List<String>,
    /** The answer over all streams. */
    val total: String,
) {
    private class Stream(private val source: RowSource, private val buffer: Lease) : InputStream() {
        private var at = 0L
        private var end = 0L

        override fun read(): Int {
            val one = ByteArray(1)
            return if (read(one, 0, 1) < 0) -1 else one[0].toInt() and 0xFF
        }

        override fun read(target: ByteArray, offset: Int, length: Int): Int {
            if (at == end) {
                end = source.fill(buffer.segment)
                at = 0
                if (end == 0L) return -1
            }
            val taken = minOf(length.toLong(), end - at)
            buffer.segment.copyTo(target, offset, at, taken)
            at += taken
            return taken.toInt()
        }
    }

    companion object {
        /** The answers to [workload], which is read with memory of [pool]. */
        fun of(workload: Workload, pool: MemoryPool): HeapAnswers = HeapConversation().use { heap ->
            pool.rent(64.KiB).use { buffer ->
                // The first stays open, because what the clients share lives as long as one of them.
                workload.open(0, pool).use { first ->
                    val each = List(workload.clients) { client ->
                        if (client == 0) return@List heap.answer(Stream(first, buffer), LongAdder())
                        workload.open(client, pool).use { heap.answer(Stream(it, buffer), LongAdder()) }
                    }
                    HeapAnswers(each, heap.total())
                }
            }
        }
    }
}
