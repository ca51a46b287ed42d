package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan

/** Exchanges [requests] small bodies on a pool, to which all memory must have come back then. */
internal fun exchange(requests: Int): Unit = MemoryPool.isolated("http").use { pool ->
    EchoExchange(pool.asByteBufAllocator()) { 16 + it * 37 % 3000 }.use {
        it.run(requests)
        pool.stats().rents shouldBeGreaterThan requests.toLong()
    }
    await("all is back") { pool.stats().used == 0L }
}

class HttpExchangeSpec : FunSpec() {
    init {
        test("an HTTP server and its clients exchange requests on the buffers of a pool, and all come back") {
            exchange(Effort.times(20_000))
        }

        test("bodies that are larger than a size class go through as well") {
            MemoryPool.isolated("http").use { pool ->
                EchoExchange(pool.asByteBufAllocator()) { 900_000 }.use { it.run(40) }
                await("all is back") { pool.stats().used == 0L }
            }
        }

        test("a connection whose pool has no room ends with an error, and what it had comes back") {
            MemoryPool.isolated("http") { limit = 1.MiB }.use { pool ->
                EchoExchange(pool.asByteBufAllocator()) { 400_000 }.use { exchange ->
                    shouldThrow<Exception> { exchange.run(20, connections = 2, pipelined = 4) }
                }
                await("all is back") { pool.stats().used == 0L }
            }
        }
    }
}
