@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.ByteBuffer
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.atomic.AtomicLong

class LeasePinSpec : FunSpec() {
    private val pools = mapOf(
        "with epochs" to {
            MemoryPool.isolated("pins") {
                quarantineBytes = 64.KiB
                limit = 256.KiB
            }
        },
        "of fixed chunks" to { MemoryPool.fixed("pins", 64, 4096) },
    )

    /** How many of all leases that can be had at once are changed by a write to [buffer]. */
    private fun intrusions(pool: MemoryPool, buffer: ByteBuffer): Int {
        val others = generateSequence { pool.tryRent(64) }.toList()
        try {
            others.size shouldBeGreaterThan 1000
            others.forEachIndexed { index, other -> other.segment.setLong(8, index.toLong()) }
            buffer.putLong(0, -1)
            return others.withIndex().count { (index, other) -> other.segment.getLong(8) != index.toLong() }
        } finally {
            others.forEach(Lease::close)
        }
    }

    init {
        for ((kind, make) in pools) {
            test("a pinned block of a pool $kind is nobody else's after its lease has been closed") {
                make().use { pool ->
                    val lease = pool.rentShared(64)
                    val pin = lease.pin(8, 16)
                    lease.close()
                    intrusions(pool, pin.asByteBuffer()) shouldBe 0
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

            test("the same check finds a buffer without a pin, over a pool $kind") {
                make().use { pool ->
                    val lease = pool.rentShared(64)
                    val buffer = Segment.of(Platform.current.view(lease.segment.address + 8, 16, null)).asByteBuffer()
                    lease.close()
                    intrusions(pool, buffer) shouldBe 1
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
                MemoryBudget("other").use { other ->
                    for (size in listOf(64L, 1.MiB)) {
                        val lease = pool.rentShared(size)
                        val pin = lease.pin(0, 8)
                        val heir = lease.transferTo(other)
                        if (size == 64L) heir.close() else shouldThrow<IllegalStateException> { heir.close() }
                        pin.close()
                        heir.close()
                        pool.stats().used shouldBe 0
                    }
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
                    val rounds = Effort.times(2_000)
                    val leases = Array(rounds) { if (size == 64L) pool.rentShared(size) else null }
                    val barrier = CyclicBarrier(2)
                    val pinned = AtomicLong()
                    val current = arrayOfNulls<SharedLease>(1)
                    val other = Thread.ofPlatform().daemon().start {
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
