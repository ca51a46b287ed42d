package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.PoolFixtures
import dev.leasehold.memory.support.platform
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.ValueLayout.JAVA_BYTE

class PoolContractSpec : FunSpec({
    for (fixture in PoolFixtures.all) {
        context(fixture.name) {
            for (check in PoolContract.checks) test(check.sentence) { check.run(fixture) }
        }
    }

    test("the contracts of pools and managers hold without native access, on the portable platform") {
        val child = ChildJvm.run(PortableContractMain::class, emptyList())
        child.output shouldContain "portable contract: all held"
        child.exitCode shouldBe 0
    }

    test("a lease may have more than two gibibytes") {
        val pool = MemoryPool.isolated("large")
        val size = 2_200L * 1024 * 1024 + 3
        pool.rent(size).use { lease ->
            val view = lease.asMemorySegment()
            view.set(JAVA_BYTE, 0, 1)
            view.set(JAVA_BYTE, size - 1, 2)
            view.get(JAVA_BYTE, 0) shouldBe 1
            view.get(JAVA_BYTE, size - 1) shouldBe 2
            shouldThrow<SegmentSizeException> { lease.asByteBuffer() }
        }
        pool.rentShared(size).use { it.keptSegment.size shouldBe size }
        pool.stats().used shouldBe 0
        pool.close()
        pool.stats().reserved shouldBe 0
    }

    test("the shared pool is one, serves every kind of lease, and cannot be closed") {
        val pool = MemoryPool.shared()
        (pool === MemoryPool.shared()) shouldBe true
        pool.rent(1000).use { it.asMemorySegment().fill(1) }
        pool.rentShared(1000).use { it.asKeptMemorySegment().fill(1) }
        shouldThrow<UnsupportedOperationException> { pool.close() }.message shouldBe
            "the shared pool belongs to the whole process and cannot be closed; " +
            "use MemoryPool.isolated(name) for one that can"
        pool.isClosed shouldBe false
        pool.rent(1000).close()
    }

    test("a fixed pool hands the newest returned chunk out first, whatever its chunks' size") {
        for (size in longArrayOf(1, 64, 100, 4096, 5000)) {
            val pool = MemoryPool.fixed("fixed", size, 5, 64)
            val leases = List(5) { pool.rent() }
            pool.available shouldBe 0
            val addresses = leases.map { it.asMemorySegment().address() }
            addresses.forEach { it % 64 shouldBe 0 }
            for (index in listOf(3, 0, 4)) leases[index].close()
            pool.available shouldBe 3
            val again = List(3) { pool.rent() }
            again.map { it.asMemorySegment().address() } shouldBe listOf(4, 0, 3).map(addresses::get)
            (again + leases).forEach(Lease::close)
            pool.capacity shouldBe 5
            pool.available shouldBe 5
            pool.blockSize shouldBe size
            pool.close()
        }
    }

    test("shared chunks that are packed closer than sixteen bytes end at their own address") {
        val pool = MemoryPool.fixed("packed", 8, 200, 8)
        val leases = List(200) { pool.rentShared() }
        leases.forEachIndexed { index, lease -> lease.asKeptMemorySegment().fill(index.toByte()) }
        leases.take(150).forEach(SharedLease::close)
        pool.trim()
        val again = List(150) { pool.rentShared() }
        (again + leases.drop(150)).map { it.asKeptMemorySegment().address() }.toSet().size shouldBe 200
        (again + leases.drop(150)).forEach(SharedLease::close)
        pool.trim()
        pool.available shouldBe 200
        pool.close()
    }

    test("the portable platform is chosen where native access is missing") {
        Platform.current.bindsViews shouldBe true
    }
})
