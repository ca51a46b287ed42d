package dev.leasehold.samples.guide

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.BlockingQueue
import kotlin.time.Duration.Companion.milliseconds

/** The guide's snippets on renting. What stands between a region's comments is what docs/guide.md shows. */
internal object Renting {
    fun rentAndGiveBack(pool: MemoryPool): Long {
        // region rent and give back
        val sum = pool.rent(1024).use { lease ->
            val bytes = lease.segment // a view of exactly 1,024 bytes
            bytes.zero()
            bytes.setLong(0, 40)
            bytes.getLong(0) + 2
        }
        // endregion
        return sum
    }

    fun lateUse(pool: MemoryPool): String? {
        // region a late use
        val lease = pool.rent(1024)
        val view = lease.segment.slice(0, 16)
        lease.close()
        lease.close() // allowed: the block goes back once
        val refusal = try {
            "read ${view.getLong(0)}"
        } catch (late: ViewClosedException) {
            late.message
        }
        // endregion
        return refusal
    }

    fun handOver(pool: MemoryPool, received: BlockingQueue<Long>) {
        // region hand over
        val queue = ArrayBlockingQueue<SharedLease>(16)
        val consumer = Thread.ofVirtual().start {
            queue.take().use { lease -> received.add(lease.withSegment { it.getLong(0) }) }
        }
        val lease = pool.rentShared(64)
        lease.withSegment { it.setLong(0, 4711) }
        queue.put(lease) // from here on the lease is the consumer's to close
        consumer.join()
        // endregion
    }

    fun limitAndWait(report: (String) -> Unit) {
        // region limit
        val pool = MemoryPool.isolated("uploads") { limit = 1.MiB }
        val whole = pool.rent(1.MiB) // all that the limit allows
        val refused = pool.tryRent(4.KiB) == null // does not wait, does not throw
        // endregion
        report("refused: $refused")
        // region wait
        try {
            pool.rent(4.KiB, timeout = 20.milliseconds).use { it.segment.zero() }
        } catch (late: RentTimeoutException) {
            report("pool '${late.ownerName}' is full: ${late.message}")
        }
        // endregion
        whole.close()
        pool.rent(4.KiB, timeout = 20.milliseconds).use { report("after the close: ${it.size}") }
        pool.close()
    }
}
