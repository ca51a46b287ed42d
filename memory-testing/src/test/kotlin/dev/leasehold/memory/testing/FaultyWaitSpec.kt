package dev.leasehold.memory.testing

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.measureTime

class FaultyWaitSpec : FunSpec() {
    private val kinds = mapOf<String, (FaultyMemory) -> MemoryPool>(
        "an isolated pool" to { it.pool("orders") },
        "a pool with a limit" to { it.pool("orders") { limit = 1.MiB } },
        "a pool of chunks" to { it.fixed("orders", blockSize = 256, blockCount = 8) },
    )

    /** A rent on another thread that waits already. */
    private fun waiting(pool: MemoryPool): CompletableFuture<Long> {
        val end = CompletableFuture<Long>()
        thread(isDaemon = true) {
            try {
                val size = pool.rent(100, 1.minutes).use { it.segment.size }
                end.complete(size)
            } catch (failure: Throwable) {
                end.completeExceptionally(failure)
            }
        }
        await("a rent that waits") { pool.stats().waiters == 1 }
        return end
    }

    init {
        for ((kind, make) in kinds) {
            test("a refused rent with a timeout waits for its time, and says who refused, in $kind") {
                make(FaultyMemory { refuse(call = 1) }).use { pool ->
                    measureTime {
                        shouldThrow<RentTimeoutException> { pool.rent(100, 30.milliseconds) }.message shouldBe
                            "pool 'orders': no memory for 100 bytes came back within 30 ms, as call 1 is refused by " +
                            "the script of its FaultyMemory: change the script to let it through"
                    }.inWholeMilliseconds.shouldBeBetween(30, 10_000)
                    pool.rentShared(100, 30.milliseconds).close()
                    pool.stats().used shouldBe 0
                }
            }

            test("another script serves what waits, in $kind") {
                val faulty = FaultyMemory { refuse(call = 1) }
                make(faulty).use { pool ->
                    val end = waiting(pool)
                    faulty.script {}
                    end.get(2, TimeUnit.MINUTES) shouldBe 100
                }
            }

            test("what is given back does not serve what the script refuses, in $kind") {
                val faulty = FaultyMemory { refuse(call = 2) }
                make(faulty).use { pool ->
                    val lease = pool.rent(100)
                    val end = waiting(pool)
                    lease.close()
                    pool.trim()
                    end.isDone shouldBe false
                    faulty.script {}
                    end.get(2, TimeUnit.MINUTES) shouldBe 100
                }
            }

            test("the close of the pool ends the wait, in $kind") {
                val pool = make(FaultyMemory { refuse(call = 1) })
                val end = waiting(pool)
                pool.close()
                shouldThrow<ExecutionException> { end.get(2, TimeUnit.MINUTES) }
                    .cause.shouldBeInstanceOf<PoolClosedException>()
            }
        }

        test("no request overtakes one that waits because it was refused") {
            val faulty = FaultyMemory { refuse(call = 1) }
            faulty.fixed("frames", blockSize = 100, blockCount = 2).use { pool ->
                val end = waiting(pool)
                pool.tryRent(100).shouldBeNull()
                faulty.script {}
                end.get(2, TimeUnit.MINUTES) shouldBe 100
            }
        }
    }
}
