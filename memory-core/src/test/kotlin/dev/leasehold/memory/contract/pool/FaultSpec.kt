package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

class FaultSpec : FunSpec({
    fun pool(platform: ScriptedPlatform, configure: PoolOptions.() -> Unit = {}) =
        MemoryPool.make("faults", PoolOptions().apply(configure), platform)

    test("a system that refuses is named with what was requested, and nothing is taken") {
        val platform = ScriptedPlatform().apply { refuseMap = { true } }
        val pool = pool(platform)
        for (size in longArrayOf(0, 1, 4096, 1.MiB, 5.MiB)) {
            val failure = shouldThrow<MemoryExhaustedException> { pool.rent(size) }
            failure.message shouldBe
                "pool 'faults': the system refused memory for ${bytes(size)} (0 bytes reserved, 0 bytes " +
                "used); close leases sooner, or give the process more memory"
            failure.requested shouldBe size
            pool.tryRent(size) shouldBe null
            shouldThrow<MemoryExhaustedException> { pool.rentShared(size) }
        }
        pool.stats().reserved shouldBe 0
        platform.refuseMap = { false }
        pool.rent(4096).close()
        pool.rentShared(5.MiB).close()
        pool.close()
        platform.lentBytes shouldBe 0
    }

    test("whichever call the system refuses, every rent succeeds or takes nothing") {
        for (nth in 1..12) {
            val platform = ScriptedPlatform().apply { refuseMap = { it % 13 >= nth } }
            val pool = pool(platform)
            val leases = ArrayList<AutoCloseable>()
            for (size in longArrayOf(100, 5000, 70_000, 1.MiB, 3.MiB, 64, 200_000)) {
                pool.tryRent(size)?.let(leases::add)
                pool.tryRentShared(size)?.let(leases::add)
                // Pages that were discarded inside a mapping are lent, but no longer held.
                pool.stats().reserved shouldBeLessThanOrEqualTo platform.lentBytes
            }
            leases.forEach(AutoCloseable::close)
            pool.stats().used shouldBe 0
            pool.close()
            await("all is back: ${pool.stats()}") { platform.lentBytes == 0L }
        }
    }

    test("a refusal makes room from what is idle before it becomes an error") {
        val platform = ScriptedPlatform()
        val pool = pool(platform)
        pool.rent(3.MiB).close()
        pool.rent(100).close()
        val room = platform.lentBytes
        var refusals = 0
        platform.refuseMap = { (platform.lentBytes >= room).also { if (it) refusals++ } }
        pool.rent(5.MiB).close()
        refusals shouldBeGreaterThan 0
        pool.close()
        platform.lentBytes shouldBe 0
    }

    test("memory that the system does not take back stays idle and counted, and goes later") {
        val platform = ScriptedPlatform()
        val pool = pool(platform) { idleBound = 0 }
        val leases = listOf(pool.rent(100), pool.rent(70_000), pool.rent(3.MiB))
        val shared = pool.rentShared(100)
        val held = pool.stats().reserved
        platform.refuseUnmap = true
        platform.refuseDiscard = true
        leases.forEach(Lease::close)
        shared.close()
        pool.trim() shouldBe 0
        pool.stats().used shouldBe 0
        pool.stats().reserved shouldBe held
        pool.stats().idle shouldBe held
        pool.rent(3.MiB).close()
        pool.rent(100).close()
        platform.refuseUnmap = false
        platform.refuseDiscard = false
        // What the trim finds in the caches goes to the store first, and beyond the idle bound at once from there.
        pool.trim()
        pool.stats().reserved shouldBe 0
        platform.lentBytes shouldBe 0
        pool.close()
    }

    test("a close whose clean-up the system refuses still closes, and gives the memory back when it may") {
        val platform = ScriptedPlatform()
        val pool = pool(platform)
        val lease = pool.rent(70_000)
        pool.rent(3.MiB).close()
        platform.refuseUnmap = true
        shouldThrow<OutstandingLeasesException> { pool.close() }
        pool.isClosed shouldBe true
        lease.close()
        lease.isClosed shouldBe true
        // The pages went when the mappings could not.
        pool.stats().reserved shouldBe 0
        platform.lentBytes shouldBeGreaterThan 3.MiB
        platform.refuseUnmap = false
        pool.trim() shouldBe 0
        platform.lentBytes shouldBe 0
    }

    test("pages that the system refuses to take stay counted") {
        val platform = ScriptedPlatform()
        val pool = pool(platform)
        val kept = pool.rent(100)
        platform.refuseDiscard = true
        pool.trim()
        val reserved = pool.stats().reserved
        reserved shouldBeGreaterThan 4096
        platform.refuseDiscard = false
        pool.trim() shouldBe reserved - 4096
        kept.close()
        pool.trim()
        pool.stats().reserved shouldBe 0
        pool.close()
        platform.lentBytes shouldBe 0
    }

    fun fixed(platform: ScriptedPlatform, count: Int = 100) =
        FixedMemoryPool.make("faults", 64, count, 64, PoolOptions(), platform)

    test("a fixed pool that cannot be made leaves nothing") {
        val platform = ScriptedPlatform().apply { refuseMap = { true } }
        shouldThrow<MemoryExhaustedException> { fixed(platform) }.message!! shouldStartWith
            "pool 'faults': the system refused memory for "
        platform.lentBytes shouldBe 0
    }

    test("a kept view that fails half-way gives its place in the epoch back, and the lease goes on") {
        val platform = ScriptedPlatform()
        val pool = fixed(platform)
        pool.rentShared(64).close()
        platform.failView = true
        pool.rentShared(64).use { lease ->
            shouldThrow<IllegalStateException> { lease.keptSegment }.message shouldBe "scripted: no view"
            platform.failView = false
            lease.keptSegment.setLong(0, 1)
        }
        pool.rentShared(64).close()
        pool.trim()
        pool.stats().used shouldBe 0
        pool.available shouldBe 100
        pool.close()
        platform.lentBytes shouldBe 0
    }
})
