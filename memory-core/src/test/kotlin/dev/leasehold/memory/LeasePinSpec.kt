@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.InternalMemoryApi
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.atomic.AtomicLong

class LeasePinSpec : FunSpec() {
    private val pools = mapOf(
        "with epochs" to { MemoryPool.isolated("pins") { quarantineBytes = 64.KiB } },
        "of fixed chunks" to { MemoryPool.fixed("pins", 64, 4096) },
    )

    init {
        for ((kind, make) in pools) {
            test("a pinned block of a pool $kind is nobody else's after its lease has been closed") {
                make().use { pool ->
                    val lease = pool.rentShared(64)
                    val pin = lease.pin(8, 16)
                    lease.close()
                    val others = HashMap<Long, Long>()
                    repeat(20_000) { round ->
                        pool.rentShared(64).use { other ->
                            others[other.segment.address] = round.toLong()
                            other.segment.setLong(8, round.toLong())
                            pin.asByteBuffer().putLong(0, -1)
                            other.segment.getLong(8) shouldBe round.toLong()
                        }
                    }
                    pool.trim()
                    pool.stats().used shouldBe 0
                    (pool.stats().quarantined > 0) shouldBe true
                    pin.close()
                    pin.close()
                    await("the epoch retires") {
                        pool.trim()
                        pool.stats().quarantined == 0L
                    }
                }
            }
        }

        test("a lease with an arena of its own refuses to close while it is pinned") {
            MemoryPool.isolated("large").use { pool ->
                val lease = pool.rentShared(1.MiB)
                val first = lease.pin(0, 8)
                val second = lease.pin(8, 8)
                shouldThrow<IllegalStateException> { lease.close() }.message shouldContain "2 input/output operations"
                lease.isClosed shouldBe false
                first.close()
                first.close()
                shouldThrow<IllegalStateException> { lease.close() }
                second.close()
                lease.close()
                pool.stats().used shouldBe 0
            }
        }

        test("a transferred lease is as pinned as it was") {
            MemoryPool.isolated("transferred").use { pool ->
                for (size in listOf(64L, 1.MiB)) {
                    val lease = pool.rentShared(size)
                    val pin = lease.pin(0, 8)
                    val heir = lease.transferTo(MemoryBudget.root("other", 8.MiB))
                    if (size == 64L) heir.close() else shouldThrow<IllegalStateException> { heir.close() }
                    pin.close()
                    heir.close()
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("a lease that has ended cannot be pinned, nor can what is outside of it") {
            MemoryPool.isolated("ended").use { pool ->
                for (size in listOf(64L, 1.MiB)) {
                    val lease = pool.rentShared(size)
                    shouldThrow<SegmentBoundsException> { lease.pin(60, size) }
                    lease.close()
                    shouldThrow<LeaseClosedException> { lease.pin(0, 8) }
                }
            }
        }

        test("of a pin and a close that race, all comes back") {
            MemoryPool.isolated("race") { quarantineBytes = 64.KiB }.use { pool ->
                for (size in listOf(64L, 1.MiB)) {
                    val rounds = Effort.times(2_000, 100_000)
                    val leases = Array(rounds) { if (size == 64L) pool.rentShared(size) else null }
                    val barrier = CyclicBarrier(2)
                    val pinned = AtomicLong()
                    val current = arrayOfNulls<SharedLease>(1)
                    val other = Thread.ofPlatform().start {
                        repeat(rounds) {
                            barrier.await()
                            try {
                                current[0]!!.pin(0, 8).use { pinned.incrementAndGet() }
                            } catch (_: LeaseClosedException) {
                                // The close was faster, which this is about.
                            }
                            barrier.await()
                        }
                    }
                    repeat(rounds) { round ->
                        current[0] = leases[round] ?: pool.rentShared(size)
                        barrier.await()
                        try {
                            current[0]!!.close()
                        } catch (busy: IllegalStateException) {
                            busy.message shouldContain "input/output"
                        }
                        barrier.await()
                        current[0]!!.close()
                    }
                    other.join()
                    pool.stats().used shouldBe 0
                    await("all epochs retire") {
                        pool.trim()
                        pool.stats().quarantined == 0L
                    }
                }
            }
        }
    }
}
