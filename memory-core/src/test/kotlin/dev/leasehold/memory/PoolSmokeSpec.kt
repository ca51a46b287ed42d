package dev.leasehold.memory

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_INT

class PoolSmokeSpec : StringSpec({
    "a closed lease and its views refuse, and its block is used again" {
        val pool = MemoryPool.isolated("smoke")
        val lease = pool.rent(1000)
        val view = lease.asMemorySegment()
        view.set(JAVA_INT, 0, 42)
        lease.close()
        shouldThrow<IllegalStateException> { view.get(JAVA_INT, 0) }
        shouldThrow<LeaseClosedException> { lease.segment }.message shouldBe
            "Lease of 1000 bytes from pool 'smoke' is closed; set traceSites = true on the pool to see where it was rented and closed"
        pool.rent(1000).use { it.asMemorySegment().address() shouldBe view.address() }
        repeat(100_000) { pool.rentShared(1000).use { it.asMemorySegment().set(JAVA_INT, 0, 1) } }
        println(pool.stats())
        pool.trim()
        println(pool.stats())
        pool.close()
        println(pool.stats())
    }
    "limited" {
        val pool = MemoryPool.isolated("smoke") { limit = 1.MiB }
        val a = List(4) { pool.rent(256.KiB) }
        pool.tryRent(64) shouldBe null
        a.forEach { it.close() }
        pool.rent(1.MiB).close()
        pool.rent(64).close()
        println(pool.stats())
        val f = MemoryPool.fixed("f", 100, 3)
        f.rentShared(10).close()
        println(f.stats())
        f.close()
        pool.close()
    }
})
