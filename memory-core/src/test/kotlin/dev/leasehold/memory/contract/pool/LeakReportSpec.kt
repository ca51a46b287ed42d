package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.util.concurrent.ConcurrentLinkedQueue

class LeakReportSpec : FunSpec({
    fun collectUntil(records: ConcurrentLinkedQueue<String>, count: Int) = await("$count reports") {
        System.gc()
        records.size >= count
    }

    test("a forgotten lease is reported once, with the place that rented it") {
        val pool = MemoryPool.isolated("forgetful") { traceSites = true }
        val reports = logged("from pool 'forgetful' was never closed") { records ->
            onThread("forgetter") { forget(pool) }
            collectUntil(records, 2)
            System.gc()
            Thread.sleep(50)
        }
        reports.size shouldBe 2
        reports.map { it.substringBefore(" bytes") }.toSet() shouldBe
            setOf("LEAK: a lease of 77", "LEAK: a lease of 78")
        reports.forEach {
            it shouldMatch Regex(
                "LEAK: a lease of 7[78] bytes from pool 'forgetful' was never closed; rented at .*" +
                    "LeakReportSpec.*forget\\(LeakReportSpec.kt:\\d+\\) by thread 'forgetter' \\(#\\d+\\), " +
                    "\\d+ m?s ago; " +
                    "its bytes have gone back; others from there are counted and not logged: close it where it is " +
                    "no longer used, with use \\{ \\} or try and finally",
            )
        }
    }

    test("a lease that was closed is never reported") {
        val pool = MemoryPool.isolated("tidy") { traceSites = true }
        val reports = logged("'tidy'") {
            onThread("tidy") {
                repeat(100) {
                    pool.rent(77).close()
                    pool.rentShared(78).close()
                }
            }
            repeat(3) {
                System.gc()
                Thread.sleep(20)
            }
        }
        reports shouldBe emptyList()
        pool.close()
    }

    test("a closed lease of a tracing pool names where it was rented and closed") {
        val pool = MemoryPool.isolated("sites") { traceSites = true }
        val lease = pool.rent(10)
        lease.close()
        shouldThrow<LeaseClosedException> { lease.segment }.message!! shouldMatch Regex(
            "Lease of 10 bytes from pool 'sites' is closed; rented at .*LeakReportSpec.kt:\\d+\\); " +
                "closed at .*LeakReportSpec.kt:\\d+\\)",
        )
        val shared = pool.rentShared(10)
        onThread("closer") { shared.close() }
        shouldThrow<LeaseClosedException> { shared.keptSegment }.message!! shouldContain "rented at "
        pool.close()
    }
})

private fun forget(pool: MemoryPool) {
    pool.rent(77).asMemorySegment().fill(1)
    pool.rentShared(78).asKeptMemorySegment().fill(1)
}
