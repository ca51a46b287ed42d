@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.pin
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import dev.leasehold.testing.awaitNativeRead
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.channels.Pipe
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
        test("a lease closed in a scope while a native call uses its kept view stays closed, and comes back after it") {
            MemoryPool.isolated("late").use { pool ->
                val lease = pool.rentShared(2.MiB)
                val pipe = Pipe.open()
                val reader = Thread.ofPlatform().daemon().start { pipe.source().read(lease.asKeptByteBuffer()) }
                awaitNativeRead(reader)
                lease.withSegment { lease.close() }
                lease.isClosed shouldBe true
                shouldThrow<LeaseClosedException> { lease.keptSegment }
                pool.stats().used shouldBe 2.MiB
                pipe.sink().write(ByteBuffer.allocate(1))
                reader.join()
                await("the memory is back") { pool.stats().used == 0L }
                pipe.sink().close()
                pipe.source().close()
            }
        }

        for ((kind, make) in pools) {
            test("a pinned block of a pool $kind is no other lease's after its lease has been closed") {
                make().use { pool ->
                    val lease = pool.rentShared(64)
                    val pin = lease.pin(8, 16)
                    lease.close()
                    shouldThrow<LeaseClosedException> { lease.withSegment { it.size } }
                    intrusions(pool, pin.asByteBuffer()) shouldBe 0
                    pool.trim()
                    pool.stats().used shouldBe 64
                    pin.close()
                    pin.close()
                    pool.stats().used shouldBe 0
                    pool.stats().quarantined shouldBe 0
                }
            }

            test("the same check finds a buffer without a pin, over a pool $kind") {
                make().use { pool ->
                    val lease = pool.rentShared(64)
                    val raw = Platform.current.view(lease.keptSegment.address + 8, 16, null)
                    val buffer = Segment.of(raw).asByteBuffer()
                    lease.close()
                    intrusions(pool, buffer) shouldBe 1
                }
            }
        }

        test("a large lease can be closed while it is pinned, and its memory goes back with the last pin") {
            MemoryPool.isolated("large").use { pool ->
                val lease = pool.rentShared(1.MiB)
                val first = lease.pin(0, 8)
                val second = lease.pin(8, 8)
                lease.close()
                lease.isClosed shouldBe true
                first.close()
                first.close()
                second.asByteBuffer().putLong(0, 7)
                pool.stats().used shouldBeGreaterThan 0
                second.close()
                pool.stats().used shouldBe 0
            }
        }

        test("a pinned lease cannot be transferred, and stays as it was") {
            MemoryPool.isolated("transferred").use { pool ->
                MemoryBudget("other").use { other ->
                    for (size in listOf(64L, 1.MiB)) {
                        val lease = pool.rentShared(size)
                        val pin = lease.pin(0, 8)
                        shouldThrow<MemoryBusyException> { lease.transferTo(other) }
                        other.used shouldBe 0
                        lease.isClosed shouldBe false
                        pin.close()
                        lease.transferTo(other).close()
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
                        current[0]!!.close()
                        barrier.await()
                    }
                    other.join()
                    pool.stats().used shouldBe 0
                    pool.stats().quarantined shouldBe 0
                }
            }
        }
    }
}
