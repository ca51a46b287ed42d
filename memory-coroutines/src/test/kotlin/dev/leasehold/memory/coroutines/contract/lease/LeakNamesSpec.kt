package dev.leasehold.memory.coroutines.contract.lease

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/** A pool that traces sites says for which coroutine a lease was rented, wherever it says where. */
class LeakNamesSpec : FunSpec({
    test("a lease that a coroutine forgot is reported with its name and its job") {
        val pool = SuspendingPool(MemoryPool.isolated("forgetful") { traceSites = true }, 1000)
        val reports = logged("from pool 'forgetful' was never closed") { records ->
            forget(pool)
            await("two reports") {
                System.gc()
                records.size >= 2
            }
            // One that moved may be found in the place that it moved from, too, with the next collection.
            repeat(5) {
                System.gc()
                Thread.sleep(50)
            }
        }
        reports.map { it.substringAfter("a lease of ").substringBefore(" bytes") }.toSet() shouldBe setOf("77", "78")
        reports.sorted().distinctBy { it.substringBefore(" bytes") }.zip(listOf(77, 78)) { report, size ->
            report shouldMatch Regex(
                "LEAK: a lease of $size bytes from pool 'forgetful' was never closed; " +
                    "rented at .* by thread '.*' \\(#\\d+\\) for coroutine 'importer' \\(.*Coroutine.*@.*\\), " +
                    "\\d+ m?s ago; its bytes stay out; others from there are counted and not logged: .*",
            )
        }
    }

    test("a lease that a coroutine uses after it was closed names the coroutine, and both places") {
        over(MemoryPool.isolated("traced") { traceSites = true }, 1000) { pool ->
            lateinit var inBlock: SharedLease
            lateinit var inScope: SharedLease
            withContext(CoroutineName("parser")) {
                pool.withLease(10) { inBlock = it }
                memoryScope(pool, "request") { inScope = rent(20) }
            }
            val renter = "coroutine 'parser' \\(.*Coroutine.*@.*\\)"
            shouldThrow<LeaseClosedException> { inBlock.keptSegment }.message!! shouldMatch Regex(
                "SharedLease of 10 bytes from pool 'traced' is closed; it belonged to $renter; rented at .* for " +
                    "$renter; closed at .*",
            )
            shouldThrow<LeaseClosedException> { inScope.keptSegment }.message!! shouldMatch Regex(
                "SharedLease of 20 bytes from pool 'traced' is closed; it belonged to memory scope 'request' of " +
                    "$renter; rented at .* for $renter; closed at .*",
            )
        }
    }

    test("a lease that was rented by a thread names the thread, whichever uses it later") {
        over("threads", 1000) { pool ->
            lateinit var lease: SharedLease
            Thread({ lease = pool.tryRent(10)!!.also { it.close() } }, "early riser").run {
                start()
                join()
            }
            shouldThrow<LeaseClosedException> { lease.keptSegment }.message!! shouldMatch
                Regex(".*it belonged to thread 'early riser' \\(#\\d+\\);.*")
        }
    }
})

/** In a frame of its own, which is gone when the collector looks. */
private fun forget(pool: SuspendingPool) = runBlocking {
    CoroutineScope(Dispatchers.Default + CoroutineName("importer")).launch {
        pool.rent(77).keptSegment.fill(1)
        memoryScope(pool) { rent(78).move().keptSegment.fill(1) }
    }.join()
}
