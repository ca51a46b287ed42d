package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

class LimitSpec : FunSpec({
    test("the reserved bytes never pass the limit, whenever they are looked at") {
        val seed = Effort.seed("limit")
        for (limit in longArrayOf(4096, 5000, 65_536, 1_000_000)) {
            val pool = MemoryPool.isolated("bounded") {
                this.limit = limit
                defaultSize = 0
            }
            val done = AtomicBoolean()
            val most = AtomicLong()
            fun look() = most.accumulateAndGet(pool.stats().reserved, ::maxOf)
            val watcher = Thread.ofPlatform().start { while (!done.get()) look() }
            val largest = minOf(limit and -4096L, 200_000)
            together(4) { worker ->
                val random = Random(seed + worker)
                repeat(Effort.times(500)) {
                    val lease = pool.tryRent(random.nextLong(largest + 1))
                    val shared = pool.tryRentShared(random.nextLong(largest + 1))
                    // The watcher may get nothing of a busy processor.
                    if (random.nextInt(50) == 0) look()
                    if (random.nextInt(100) == 0) pool.trim()
                    lease?.close()
                    shared?.close()
                }
            }
            done.set(true)
            watcher.join()
            most.get() shouldBeGreaterThan 0
            most.get() shouldBeLessThanOrEqualTo limit
            pool.stats().peak shouldBeLessThanOrEqualTo limit
            pool.stats().used shouldBe 0
            pool.close()
        }
    }

    test("memory that lies idle in the caches of sleeping threads is no reason to refuse") {
        val pool = MemoryPool.isolated("sleepers") { limit = 1.MiB }
        val rented = CountDownLatch(4)
        val end = CountDownLatch(1)
        val sizes = longArrayOf(64, 1000, 5000, 60_000)
        val sleepers = List(4) { index ->
            Thread.ofPlatform().start {
                List(3) { pool.rent(sizes[index]) }.forEach(Lease::close)
                repeat(3) { pool.rentShared(sizes[index]).close() }
                rented.countDown()
                end.await()
            }
        }
        rented.await()
        pool.stats().used shouldBe 0
        pool.stats().reserved shouldBeGreaterThan 200_000
        pool.rent(1.MiB).close()
        pool.rentShared(1.MiB).close()
        List(16) { pool.rent(64.KiB) }.forEach(Lease::close)
        end.countDown()
        sleepers.forEach(Thread::join)
        pool.close()
    }

    test("memory quarantined by sleeping threads is no reason to refuse") {
        val pool = MemoryPool.isolated("quarantine sleepers") { limit = 256.KiB }
        val rented = CountDownLatch(1)
        val end = CountDownLatch(1)
        val sleeper = Thread.ofPlatform().start {
            List(50) { pool.rentShared(4000) }.forEach(SharedLease::close)
            rented.countDown()
            end.await()
        }
        rented.await()
        pool.rent(256.KiB).close()
        end.countDown()
        sleeper.join()
        pool.close()
    }

    for (virtual in listOf(false, true)) {
        val threads = if (virtual) "virtual" else "platform"
        test("rents that fit together are never refused, whatever $threads threads keep in their hands") {
            // 16 blocks in all, and one refill would take them all: each of six threads leases two at most.
            val pool = MemoryPool.isolated("fits") { limit = 64.KiB }
            val seed = Effort.seed("fits")
            together(6, virtual) { worker ->
                val random = Random(seed + worker)
                repeat(Effort.times(20_000)) {
                    val first = pool.rent(4096)
                    val second = if (random.nextBoolean()) pool.rent(4000) else null
                    second?.close()
                    first.close()
                }
            }
            pool.stats().used shouldBe 0
            pool.close()
        }

        // Others' open leases may hold closed ones in quarantine, so a shared rent may have to wait for their ends.
        test("shared rents that fit together get their memory on $threads threads") {
            val pool = MemoryPool.isolated("fits") { limit = 64.KiB }
            together(4, virtual) { repeat(Effort.times(3000)) { pool.rentShared(4096, 1.minutes).close() } }
            pool.stats().used shouldBe 0
            pool.close()
        }

        test("a fixed pool with a chunk for each of its $threads threads never refuses, also while it is trimmed") {
            val pool = MemoryPool.fixed("fits", 4096, 4, 4096)
            together(5, virtual) { worker ->
                repeat(Effort.times(6_000)) { round ->
                    if (worker == 4) {
                        if (round % 200 == 0) pool.trim()
                    } else if (round % 2 == 0) {
                        pool.rent(4096).close()
                    } else {
                        pool.rentShared(1).close()
                    }
                }
            }
            pool.available shouldBe 4
            pool.close()
        }
    }

    test("a request below the block of its size class is served from the pages that the limit leaves") {
        val pool = MemoryPool.isolated("exact") { limit = 9 * 4096L }
        pool.rent(33_000).close()
        pool.rent(9 * 4096L).close()
        pool.close()
    }

    test("a full pool serves every size again when everything has ended") {
        val pool = MemoryPool.isolated("sizes") { limit = 1.MiB }
        for (size in longArrayOf(16, 100, 700, 4096, 9000, 100_000, 1.MiB, 16)) {
            val leases = generateSequence { pool.tryRent(size) }.toList()
            (leases.size * size) shouldBeGreaterThan 700_000L
            leases.forEach(Lease::close)
        }
        pool.stats().used shouldBe 0
        pool.close()
    }
})
