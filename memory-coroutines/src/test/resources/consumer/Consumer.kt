package consumer

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.typed.asInts
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

/**
 * What a user of the oldest supported Kotlin writes; ConsumerSpec compiles it with that, runs it and reads the line.
 */
fun main() {
    MemoryPool.isolated("consumer") { limit = 8.MiB }.use { pool ->
        println("${cheapest(pool)} cents, ${text()}, ${runBlocking { uploads(pool) }} bytes, ${pool.stats().used} left")
    }
}

private fun cheapest(pool: MemoryPool): Int = memoryScope(pool) {
    val prices = pool.rent(3 * 4).segment.asInts()
    prices.copyFrom(intArrayOf(1250, 799, 4310))
    prices.sort()
    allocate(8).setInt(0, prices[0])
    prices[0]
}

private fun text(): String = SystemMemoryManager("index") { limit = 1.MiB }.use { manager ->
    manager.allocate(64).use { block ->
        val length = block.withSegment { it.setUtf8(0, "order 4711") }
        block.withSegment { it.getUtf8(0, length) }
    }
}

private suspend fun uploads(pool: MemoryPool): Long = SuspendingPool(pool, capacity = 1.MiB).use { buffers ->
    val header = buffers.withLease(4.KiB) { lease ->
        lease.withSegment { it.setLong(0, lease.size) }
        yield()
        lease.withSegment { it.getLong(0) }
    }
    memoryScope(buffers, "upload") {
        val input = rent(64.KiB)
        launch {
            val size = rent(8.KiB).size.toInt()
            input.withSegment { it.setInt(0, size) }
        }.join()
        header + input.withSegment { it.getInt(0) } + pool.withLease(1.KiB) { it.size }
    }
}
