package dev.leasehold.memory.race

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment

class AccountingSpec : FunSpec({
    include(accountingOfPools(Effort::times))

    test("the checker finds a pool that takes a block back twice") {
        val broken = Lender.reckless(1.MiB, 64, times = 2)
        shouldThrow<AssertionError> { Accounting(broken, broken, 1).run(4, 20_000, virtual = false) }
    }

    test("the table finds overlapping blocks") {
        val table = OwnershipTable()
        table.took(MemorySegment.ofAddress(1000).reinterpret(100))
        shouldThrow<AssertionError> { table.took(MemorySegment.ofAddress(1099).reinterpret(10)) }
        shouldThrow<AssertionError> { table.took(MemorySegment.ofAddress(990).reinterpret(11)) }
    }

    test("a worker's failure fails the test") {
        shouldThrow<AssertionError> { together(3) { if (it == 1) error("broken") } }.cause!!.message shouldBe "broken"
    }
})

/**
 * What holds of every pool however many threads rent and close; [times] says how many rounds are made of so many
 * usually.
 */
internal fun accountingOfPools(times: (usually: Int) -> Int): TestFactory = funSpec {
    val rounds = times(40_000)
    val pools = mapOf<String, () -> MemoryPool>(
        "without a limit" to { MemoryPool.isolated("accounts") },
        "at its limit" to { MemoryPool.isolated("accounts") { limit = 512.KiB } },
        "that keeps little idle" to { MemoryPool.isolated("accounts") { idleBound = 64.KiB } },
        "with a tiny quarantine" to {
            MemoryPool.isolated("accounts") {
                quarantineBytes = 32.KiB
                quarantineBlocks = 16
            }
        },
        "without quarantine" to { MemoryPool.isolated("accounts") { quarantineBytes = 0 } },
        "that poisons" to { MemoryPool.isolated("accounts") { hygiene = Hygiene.POISON_ON_CLOSE } },
        "of large fixed chunks" to { MemoryPool.fixed("accounts", 1.MiB, 40) },
        "of many fixed chunks" to { MemoryPool.fixed("accounts", 1.MiB, 128) },
    )
    for ((kind, make) in pools) {
        for (virtual in listOf(false, true)) {
            val threads = if (virtual) "virtual" else "platform"
            test("a pool $kind lends every block to one lease at a time, and all end once, on $threads threads") {
                val pool = make()
                val accounting = Accounting(
                    Lender.leases(pool),
                    Lender.sharedLeases(pool),
                    Effort.seed("accounting of a pool $kind"),
                ) { random -> if (random.nextBoolean()) pool.trim() else pool.stats().shouldAddUpRoughly() }
                accounting.run(threads = 6, rounds, virtual)
                accounting.served.get() shouldBeGreaterThan 1000
                pool.stats().used shouldBe 0
                pool.stats().rents shouldBe accounting.served.get()
                pool.trim()
                pool.stats().quarantined shouldBe 0
                pool.stats().peak shouldBeLessThanOrEqualTo pool.limit
                if (pool !is FixedMemoryPool) pool.stats().reserved shouldBe 0
                pool.close()
                pool.stats().reserved shouldBe 0
            }
        }
    }

    test("a shared lease that many threads close at once comes back once") {
        val pool = MemoryPool.isolated("races")
        repeat(times(300)) {
            val leases = List(20) { pool.rentShared(64) }
            together(4) { leases.forEach(SharedLease::close) }
        }
        pool.stats().used shouldBe 0
        val addresses = List(2000) { pool.rent(64) }
        addresses.map { it.asMemorySegment().address() }.toSet().size shouldBe 2000
        addresses.forEach(Lease::close)
        pool.close()
    }

    test("whatever was rented while the pool was being closed frees its memory when it ends") {
        repeat(times(300)) { round ->
            val pool = if (round % 3 == 0) MemoryPool.fixed("closing", 256, 200) else MemoryPool.isolated("closing")
            together(4, virtual = round % 2 == 0) { worker ->
                if (worker == 0) {
                    repeat(round % 50) { Thread.onSpinWait() }
                    runCatching { pool.close() }.exceptionOrNull()?.let { check(it is OutstandingLeasesException) }
                } else {
                    try {
                        repeat(10_000) {
                            if (worker == 1) pool.rent(256).close() else pool.rentShared(256).close()
                        }
                    } catch (_: PoolClosedException) {
                        // The end that this waits for.
                    }
                }
            }
            await("all memory of a closed pool is back: ${pool.stats()}") { pool.stats().reserved == 0L }
            pool.stats().used shouldBe 0
        }
    }
}

private fun PoolStatistics.shouldAddUpRoughly() {
    used + idle + quarantined shouldBe reserved
    check(used >= 0 && idle >= 0 && quarantined >= 0) { "a figure is negative: $this" }
}
