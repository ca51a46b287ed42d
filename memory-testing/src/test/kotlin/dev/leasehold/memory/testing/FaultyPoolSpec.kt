package dev.leasehold.memory.testing

import dev.leasehold.memory.BudgetClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

class FaultyPoolSpec : FunSpec() {
    /** How all forms of a rent end that needs no wait, in one order. */
    private fun ends(pool: MemoryPool): List<String> = listOf<() -> AutoCloseable?>(
        { pool.rent(100) },
        { pool.rent(100, alignment = 64) },
        { pool.tryRent(100) },
        { pool.rentShared(100) },
        { pool.rentShared(100, alignment = 64) },
        { pool.tryRentShared(100) },
    ).map { rent ->
        try {
            rent()?.let {
                it.close()
                "a lease"
            } ?: "null"
        } catch (refusal: MemoryExhaustedException) {
            "refused ${refusal.requested} of ${refusal.ownerName}"
        }
    }

    init {
        val kinds = mapOf<String, (FaultyMemory) -> MemoryPool>(
            "an isolated pool" to { it.pool("orders") },
            "a pool with a limit" to { it.pool("orders") { limit = 1.MiB } },
            "a pool of chunks" to { it.fixed("orders", blockSize = 256, blockCount = 8) },
        )
        for ((kind, make) in kinds) {
            test("every form of rent is refused in its own way, in $kind") {
                val faulty = FaultyMemory { refuseAll() }
                make(faulty).use { pool ->
                    ends(pool) shouldBe listOf(
                        "refused 100 of orders",
                        "refused 100 of orders",
                        "null",
                        "refused 100 of orders",
                        "refused 100 of orders",
                        "null",
                    )
                    pool.stats().used shouldBe 0
                }
                faulty.calls shouldBe 6
                faulty.refusals shouldBe 6
            }

            test("only the calls of the script are refused, in $kind") {
                val faulty = FaultyMemory {
                    refuse(call = 3)
                    refuseAll(after = 4)
                }
                make(faulty).use { pool ->
                    ends(pool) shouldBe listOf(
                        "a lease",
                        "a lease",
                        "null",
                        "a lease",
                        "refused 100 of orders",
                        "null",
                    )
                }
                "$faulty" shouldBe "FaultyMemory (3 of 6 calls were refused)"
            }
        }

        test("the refusal names the pool, the bytes, the call and the remedy") {
            FaultyMemory { refuse(call = 2) }.pool("orders").use { pool ->
                pool.rent(100).close()
                shouldThrow<MemoryExhaustedException> { pool.rent(4096) }.message shouldBe
                    "pool 'orders': 4,096 bytes requested, and call 2 is refused by the script of its FaultyMemory: " +
                    "change the script to let it through"
            }
        }

        test("what the pool itself refuses it refuses in its own words") {
            val faulty = FaultyMemory { refuse(call = 3) }
            faulty.pool("orders") { limit = 64.KiB }.use { pool ->
                pool.rent(48L * 1024).use {
                    shouldThrow<MemoryExhaustedException> { pool.rent(48L * 1024) }.message shouldStartWith
                        "pool 'orders': 49,152 bytes requested, 49,152 bytes of the limit of 65,536 bytes are reserved"
                    shouldThrow<MemoryExhaustedException> { pool.rent(48L * 1024) }.message shouldContain "call 3"
                    shouldThrow<MemoryExhaustedException> { pool.rent(48L * 1024) }.message shouldContain "the limit of"
                }
            }
        }

        test("what can never be had is no call") {
            val faulty = FaultyMemory { refuse(call = 1) }
            faulty.pool("orders") { limit = 64.KiB }.use { pool ->
                shouldThrow<InvalidSizeException> { pool.rent(-1) }
                shouldThrow<InvalidSizeException> { pool.rent(65L * 1024) }
                faulty.calls shouldBe 0
            }
        }

        test("a closed pool is closed, whatever the script says, and asks it nothing") {
            val faulty = FaultyMemory { refuseAll() }
            val pool = faulty.pool("orders").also(MemoryPool::close)
            shouldThrow<PoolClosedException> { pool.rent(100) }
            shouldThrow<PoolClosedException> { pool.tryRent(100) }
            faulty.calls shouldBe 0
        }

        test("between its faults it is a pool: memory comes back, is counted, and is missed at the close") {
            val budget = MemoryBudget.of("faulty", 1.MiB)
            val pool = FaultyMemory { refuse(call = 2) }.pool("orders") { this.budget = budget }
            val lease = pool.rent(100)
            pool.tryRent(100).shouldBeNull()
            lease.segment.setInt(0, 42)
            pool.stats().used shouldBeGreaterThanOrEqualTo 100
            budget.used shouldBe pool.stats().reserved
            val address = lease.segment.address
            lease.close()
            pool.rent(100).use { it.segment.address shouldBe address }
            pool.trim() shouldBeGreaterThanOrEqualTo 1
            budget.used shouldBe 0
            val left = pool.rent(100)
            shouldThrow<OutstandingLeasesException> { pool.close() }.count shouldBe 1
            left.close()
            budget.close()
            shouldThrow<BudgetClosedException> { FaultyMemory().pool("late") { this.budget = budget } }
        }

        test("a pool of chunks knows what is available, whatever was refused") {
            FaultyMemory { refuse(call = 2) }.fixed("frames", blockSize = 1500, blockCount = 2).use { pool ->
                pool.rent().use {
                    pool.tryRent(1500).shouldBeNull()
                    pool.available shouldBe 1
                    pool.tryRent(1500).shouldNotBeNull().close()
                    pool.rent().use { pool.tryRent(1500).shouldBeNull() }
                }
                pool.available shouldBe 2
            }
        }

        test("a delay is waited for, and then the call is served") {
            val faulty = FaultyMemory { delay(call = 2, by = 30.milliseconds) }
            faulty.pool("orders").use { pool ->
                pool.rent(100).close()
                measureTime { pool.rent(100).close() }.inWholeMilliseconds.shouldBeBetween(30, 10_000)
                faulty.refusals shouldBe 0
            }
        }

        test("delays of one call add up, and it may be refused behind them") {
            val faulty = FaultyMemory {
                delay(call = 1, by = 10.milliseconds)
                delay(call = 1, by = 10.milliseconds)
                delayAll(by = 10.milliseconds)
                refuse(call = 1)
            }
            faulty.pool("orders").use { pool ->
                measureTime { pool.tryRent(100).shouldBeNull() }.inWholeMilliseconds.shouldBeBetween(30, 10_000)
            }
        }

        test("an interrupt ends a delay, and the call goes on with it pending") {
            FaultyMemory { delayAll(by = 60_000.milliseconds) }.pool("orders").use { pool ->
                Thread.currentThread().interrupt()
                measureTime { pool.rent(100).close() }.inWholeMilliseconds.shouldBeBetween(0, 30_000)
                Thread.interrupted() shouldBe true
            }
        }

        test("another script takes over at once, and counts from 1") {
            val faulty = FaultyMemory { refuseAll() }
            faulty.pool("orders").use { pool ->
                pool.tryRent(100).shouldBeNull()
                faulty.script { refuse(call = 2) }
                pool.tryRent(100).shouldNotBeNull().close()
                pool.tryRent(100).shouldBeNull()
                faulty.calls shouldBe 2
                faulty.refusals shouldBe 1
            }
        }

        test("pools and managers of one memory count together") {
            val faulty = FaultyMemory { refuse(call = 3) }
            faulty.pool("orders").use { orders ->
                faulty.fixed("frames", blockSize = 100, blockCount = 1).use { frames ->
                    faulty.manager("cache").use { cache ->
                        orders.rent(100).close()
                        frames.rent(100).close()
                        shouldThrow<MemoryExhaustedException> { cache.allocate(100) }.ownerName shouldBe "cache"
                    }
                }
            }
        }

        test("of calls by many threads exactly the scripted ones are refused") {
            val faulty = FaultyMemory { for (call in 1L..4000 step 5) refuse(call) }
            faulty.pool("orders").use { pool ->
                Executors.newFixedThreadPool(4).use { threads ->
                    val work = Callable { (1..1000).count { pool.tryRent(100)?.use(Lease::isOpen) == null } }
                    threads.invokeAll(List(4) { work }).sumOf { it.get() } shouldBe 800
                }
                faulty.calls shouldBe 4000
                pool.stats().used shouldBe 0
            }
        }

        test("a script that makes no sense is refused, and the present one goes on") {
            val faulty = FaultyMemory { refuse(call = 1) }
            for (line in listOf<FaultScript.() -> Unit>(
                { refuse(call = 0) },
                { refuseAll(after = -1) },
                { delay(call = 0, by = 1.milliseconds) },
                { delay(call = 1, by = 0.milliseconds) },
                { delayAll(by = (-1).milliseconds) },
                { delayAll(by = 1.milliseconds, after = -1) },
                { refusePages(after = -1) },
            )) {
                shouldThrow<MemoryConfigurationException> { faulty.script(line) }
            }
            faulty.pool("orders").use { it.tryRent(100).shouldBeNull() }
        }
    }
}

private val Lease.isOpen: Boolean get() = segment.size == 100L
