package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.race.EpochIsolation
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import dev.leasehold.testing.awaitNativeRead
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

class EpochSpec : FunSpec({
    val rounds = Effort.times(300_000)
    val sizes = longArrayOf(64, 256, 1024, 64, 24)
    val pools = mapOf<String, () -> MemoryPool>(
        "with the default quarantine" to { MemoryPool.isolated("epochs") },
        "with a small quarantine" to {
            MemoryPool.isolated("epochs") {
                quarantineBytes = 64.KiB
                quarantineBlocks = 256
            }
        },
        "at its limit" to { MemoryPool.isolated("epochs") { limit = 64.KiB } },
        "of fixed chunks" to { MemoryPool.fixed("epochs", 1024, 512) },
    )
    for ((kind, make) in pools) {
        for (virtual in listOf(false, true)) {
            val threads = if (virtual) "virtual" else "platform"
            test("no lease of a pool $kind sees or changes another's bytes through views kept on $threads threads") {
                val pool = make()
                val isolation = EpochIsolation(Lender.sharedLeases(pool), sizes)
                // A pool at its limit gives each lease an arena, at tens of microseconds each.
                val slowness = (if (pool.limit < 100.KiB) 20 else 1) * (if (virtual) 3 else 1)
                isolation.run(2, 2, rounds / slowness, virtual)
                pool.stats().used shouldBe 0
                pool.trim()
                pool.stats().quarantined shouldBe 0
                isolation.shouldAllBeRefused()
                pool.close()
                await("all memory is back") { pool.stats().reserved == 0L }
            }
        }
    }

    test("the checker finds blocks that are lent again without an epoch") {
        val isolation = EpochIsolation(Lender.reckless(1024, 4), sizes)
        shouldThrow<AssertionError> { isolation.run(2, 2, 1_000_000) }.message!! shouldContain "a worker failed"
    }

    test("quarantine stays within its bound while leases come and go") {
        val pool = MemoryPool.isolated("bound") {
            quarantineBytes = 256.KiB
            quarantineBlocks = 4096
        }
        var most = 0L
        repeat(200_000) { round ->
            pool.rentShared(1024).use { it.keptSegment.setByte(0, 1) }
            if (round % 64 == 0) most = maxOf(most, pool.stats().quarantined)
        }
        most shouldBeGreaterThan 0
        most shouldBeLessThanOrEqualTo 256.KiB
        pool.close()
    }

    test("a lease that stays open holds one epoch's blocks back, not all that come after") {
        val pool = MemoryPool.isolated("holder") { quarantineBytes = 256.KiB }
        val holder = pool.rentShared(1024).also { it.keptSegment.setByte(0, 1) }
        repeat(100_000) { pool.rentShared(1024).use { lease -> lease.keptSegment.setByte(0, 1) } }
        pool.trim()
        pool.stats().quarantined shouldBeLessThanOrEqualTo 256.KiB
        pool.stats().reserved shouldBeLessThan 8.MiB
        holder.asKeptMemorySegment().set(JAVA_BYTE, 0, 1)
        holder.close()
        pool.trim()
        await("the last epoch retires") { pool.stats().quarantined == 0L }
        pool.close()
    }

    test("a lease whose kept view was never taken waits in no quarantine") {
        MemoryPool.isolated("scoped").use { pool ->
            val address = pool.rentShared(1024).use { lease ->
                lease.withSegment { it.setByte(0, 1) }
                lease.address
            }
            pool.stats().quarantined shouldBe 0
            pool.rentShared(1024).use { it.address shouldBe address }
        }
    }

    test("views of one epoch are cut off together, and only when all its leases are closed") {
        val pool = MemoryPool.isolated("together")
        val first = pool.rentShared(64)
        val kept: MemorySegment = first.asKeptMemorySegment()
        val second = pool.rentShared(64)
        val other = second.asKeptMemorySegment()
        first.close()
        pool.trim()
        kept.get(JAVA_BYTE, 0)
        other.get(JAVA_BYTE, 0)
        second.close()
        pool.trim()
        for (view in listOf(kept, other)) shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        pool.close()
    }

    test("an epoch in use by an input or output operation retires when that has ended") {
        val pool = MemoryPool.isolated("busy")
        val lease = pool.rentShared(1 shl 16)
        val view = lease.asKeptMemorySegment()
        val pipe = java.nio.channels.Pipe.open()
        val reading = Thread.ofPlatform().daemon().start { pipe.source().read(view.asByteBuffer()) }
        awaitNativeRead(reading)
        lease.close()
        pool.trim()
        pool.stats().quarantined shouldBeGreaterThan 0
        pipe.sink().write(java.nio.ByteBuffer.wrap(byteArrayOf(1)))
        reading.join()
        pool.trim()
        await("the epoch retires") { pool.stats().quarantined == 0L }
        shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        pool.close()
    }
})
