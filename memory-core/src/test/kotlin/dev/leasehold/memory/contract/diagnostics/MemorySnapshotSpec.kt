@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.contract.platform.collectUntil
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.OwnerSnapshot
import dev.leasehold.memory.diagnostics.OwnerState
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LineWaits
import dev.leasehold.memory.internal.spi.PoolLender
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.enlist
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.samples.snapshotOfAll
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.maps.shouldContainKey
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.lang.ref.WeakReference
import java.time.Instant
import java.util.concurrent.atomic.AtomicBoolean

class MemorySnapshotSpec : FunSpec({
    test("a snapshot has every budget, pool and manager below, with the figures that each gives itself") {
        MappedFiles().use { files ->
            val app = MemoryBudget.rootOf("app", 64.MiB)
            val ingest = MemoryBudget("ingest", 32.MiB, app)
            val rows = MemoryPool.isolated("rows") { budget = ingest }
            val frames = MemoryPool.fixed("frames", 4.KiB, 80) { budget = ingest }
            val blocks = SystemMemoryManager("blocks") { budget = app }
            val file = MappedMemoryManager.create(files.path("orders")) {
                budget = app
            }
            val open = listOf(rows.rentShared(100), frames.rentShared(), blocks.allocate(5000), file.allocate(300))
            val before = System.currentTimeMillis()
            val snapshot = MemorySnapshot.take(app)
            (snapshot.time in before..System.currentTimeMillis()) shouldBe true
            snapshot.budgets.map { it.path }.shouldContainExactly("app", "app › ingest")
            snapshot.pools.map { it.name }.shouldContainExactly("rows", "frames")
            snapshot.managers.map { it.name }.shouldContainExactly("blocks", "orders")
            snapshot.managers.map { it.file }.shouldContainExactly(null, files.path("orders").toString())
            val owners: List<OwnerSnapshot> = snapshot.pools + snapshot.managers
            owners.map { it.state }.distinct().shouldContainExactly(OwnerState.OPEN)
            val own = listOf(rows.stats(), frames.stats(), blocks.stats(), file.stats())
            owners.map { figures(it.statistics!!) } shouldBe own.map(::figures)
            owners.map { it.charged } shouldBe own.map { it.reserved }
            snapshot.budget.used shouldBe own.sumOf { it.reserved }
            snapshot.budget.budgets.single().used shouldBe rows.stats().reserved + frames.stats().reserved
            open.forEach { it.close() }
            listOf(rows, frames, blocks, file).forEach { it.close() }
        }
    }

    test("the printed tree is aligned, and has what is idle and what waits") {
        val app = MemoryBudget.rootOf("app", 8.MiB)
        val ingest = MemoryBudget("ingest", parent = app)
        val frames = MemoryPool.fixed("frames", 1.MiB, 3, 4096) { budget = ingest }
        val leases = List(2) { frames.rentShared() }
        val moved = leases[0].transferTo(app)
        MemorySnapshot.take(app).toTree() shouldBe """
            |memory              held  in use   idle  quarantined  limit   peak  requests  waiting
            |app                3 MiB                              8 MiB  3 MiB
            |├─ moved here      1 MiB
            |└─ ingest          2 MiB                               none  3 MiB
            |   └─ pool frames  3 MiB   2 MiB  1 MiB      0 bytes  3 MiB  3 MiB         2        0
        """.trimMargin()
        moved.close()
        leases[1].close()
        frames.close()
    }

    test("the JSON has all figures, no limit as null, and names as they are") {
        val app = MemoryBudget.rootOf("a \"quoted\\\n\" app", Long.MAX_VALUE)
        val frames = MemoryPool.fixed("frames", 64.KiB, 2, 4096) { budget = app }
        val lease = frames.rentShared()
        val snapshot = MemorySnapshot.take(app)
        snapshot.toJson() shouldBe """
            |{
            |  "time": "${Instant.ofEpochMilli(snapshot.time)}",
            |  "budget": {
            |    "name": "a \"quoted\\\u000a\" app",
            |    "path": "a \"quoted\\\u000a\" app",
            |    "used": 131072,
            |    "limit": null,
            |    "peak": 131072,
            |    "moved": 0,
            |    "otherCopies": 0,
            |    "budgets": [],
            |    "pools": [
            |      {
            |        "name": "frames",
            |        "state": "open",
            |        "charged": 131072,
            |        "reserved": 131072,
            |        "used": 65536,
            |        "idle": 65536,
            |        "quarantined": 0,
            |        "transferred": 0,
            |        "peak": 131072,
            |        "limit": 131072,
            |        "leases": 1,
            |        "rents": 1,
            |        "hits": 0,
            |        "misses": 1,
            |        "waiters": 0,
            |        "waits": {
            |          "served": 0,
            |          "timedOut": 0,
            |          "cancelled": 0,
            |          "failed": 0,
            |          "longestNanos": 0,
            |          "totalNanos": 0,
            |          "distribution": []
            |        },
            |        "suspendingPools": []
            |      }
            |    ],
            |    "managers": []
            |  }
            |}
        """.trimMargin()
        lease.close()
        frames.close()
    }

    test("what lends a pool's memory on stands below that pool, as long as it is there") {
        val app = MemoryBudget.rootOf("app", 8.MiB)
        val frames = MemoryPool.fixed("frames", 1.MiB, 3, 4096) { budget = app }
        val lenders = listOf(ALender(frames, 2.MiB, waiters = 1), ALender(frames, 1.MiB, waiters = 0))
        lenders.forEach(frames::enlist)
        lenders[1].isClosed = true
        val record = lenders[0].waits.begin(100)
        lenders[0].waits.end(WaitOutcome.SERVED, System.nanoTime() - 90_000_000_000, record)
        val snapshot = MemorySnapshot.take(app)
        val (first, second) = snapshot.pools.single().suspendingPools
        listOf(first.capacity, first.used, first.waiters, first.waits.served) shouldBe listOf(2.MiB, 5L, 1, 1L)
        listOf(first.state, second.state) shouldBe listOf(OwnerState.OPEN, OwnerState.CLOSED)
        snapshot.toTree() shouldBe """
            |memory                             held   in use   idle  quarantined  limit   peak  requests  waiting
            |app                               3 MiB                               8 MiB  3 MiB
            |└─ pool frames                    3 MiB  0 bytes  3 MiB      0 bytes  3 MiB  3 MiB         0        0
            |   ├─ suspending frames                  5 bytes                      2 MiB                         1
            |   └─ suspending frames (closed)         5 bytes                      1 MiB                         0
        """.trimMargin()
        snapshot.toJson() shouldContain """
            |        "suspendingPools": [
            |          {
            |            "state": "open",
            |            "capacity": 2097152,
            |            "used": 5,
            |            "waiters": 1,
            |            "waits": {
            |              "served": 1,
            |              "timedOut": 0,
            |              "cancelled": 0,
            |              "failed": 0,
            |              "longestNanos": ${first.waits.longestNanos},
            |              "totalNanos": ${first.waits.totalNanos},
            |              "distribution": [
            |                {
            |                  "belowNanos": null,
            |                  "count": 1
            |                }
            |              ]
            |            }
            |          },
        """.trimMargin()
        // Closed, and nothing of it is out any more.
        lenders[1].used = 0
        MemorySnapshot.take(app).pools.single().suspendingPools.size shouldBe 1
        frames.close()
    }

    test("a pool keeps nothing that lends its memory on") {
        val app = MemoryBudget.rootOf("app", 8.MiB)
        val pool = MemoryPool.isolated("pool") { budget = app }
        val lender = droppedLender(pool)
        collectUntil("it is garbage") { lender.get() == null }
        MemorySnapshot.take(app).pools.single().suspendingPools.size shouldBe 0
        pool.close()
    }

    test("a closed pool with leases is shown as closed, and a forgotten one as forgotten, with what it has lost") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val closed = MemoryPool.isolated("closed") { budget = app }
        val lease = closed.rentShared(100)
        runCatching { closed.close() }
        forget(app)
        collectUntil("it is forgotten") { MemorySnapshot.take(app).pools.last().state == OwnerState.FORGOTTEN }
        val (first, second) = MemorySnapshot.take(app).pools
        first.state shouldBe OwnerState.CLOSED
        first.statistics!!.used shouldBe 128
        second.name shouldBe "forgotten"
        second.statistics shouldBe null
        second.charged shouldBeGreaterThan 0
        MemorySnapshot.take(app).toTree() shouldContain "pool forgotten (forgotten)"
        MemorySnapshot.take(app).toJson() shouldContain "\"state\": \"forgotten\""
        lease.close()
        MemorySnapshot.take(app).pools.map { it.name }.shouldContainExactly("forgotten")
    }

    test("a snapshot keeps no pool") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val pool = droppedPool(app)
        val snapshot = MemorySnapshot.take(app)
        collectUntil("the pool is garbage") { pool.get() == null }
        snapshot.pools.single().name shouldBe "pool"
    }

    test("of the whole process it has the shared pool and permanent memory, too") {
        MemoryPool.shared().rent(100).use { }
        val memory = PermanentMemory.obtainPrivate(100)
        val snapshot = MemorySnapshot.take()
        snapshot.budget.name shouldBe "app"
        snapshot.pools.map { it.name } shouldContain "shared"
        snapshot.budgets.map { it.path } shouldContain "app › permanent"
        snapshot.toTree() shouldStartWith "memory "
        memory.size shouldBeGreaterThan 0
        snapshotOfAll() shouldContainKey "shared"
    }

    test("snapshots beside threads that rent, close and move always add up") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val other = MemoryBudget("other", 32.MiB, app)
        val pool = MemoryPool.isolated("pool") { budget = app }
        val ended = AtomicBoolean()
        together(3) { worker ->
            if (worker == 0) {
                try {
                    repeat(300) { MemorySnapshot.take(app).shouldAddUp() }
                } finally {
                    ended.set(true)
                }
            } else {
                while (!ended.get()) pool.rentShared(8.KiB).transferTo(other).close()
            }
        }
        pool.close()
    }
})

private class ALender(pool: MemoryPool, override val capacity: Long, override val waiters: Int) : PoolLender() {
    override var isClosed = false
    override var used = 5L
    override val waits = LineWaits(pool)
}

private fun droppedLender(pool: MemoryPool): WeakReference<PoolLender> {
    val lender = ALender(pool, 100, 0)
    pool.enlist(lender)
    MemorySnapshot.take(pool.budget).pools.single().suspendingPools.size shouldBe 1
    return WeakReference(lender)
}

/** All of them, which must add up. */
private fun figures(of: MemoryStatistics): List<Long> {
    of.used + of.idle + of.quarantined shouldBe of.reserved
    return listOf(of.reserved, of.used, of.idle, of.quarantined, of.transferred, of.limit)
}

private fun MemorySnapshot.shouldAddUp() {
    val parts = budget.pools.sumOf { it.charged } + budget.moved + budget.budgets.sumOf { it.used }
    // What is on its way from one branch to another counts in both, here 8 KiB for each of two threads.
    listOf(0, 8.KiB, 16.KiB) shouldContain parts - budget.used
    pools.forEach { figures(it.statistics!!) }
}

private fun droppedPool(budget: MemoryBudget): WeakReference<MemoryPool> {
    val pool = MemoryPool.isolated("pool") { this.budget = budget }
    onThread { pool.rent(100).close() }
    return WeakReference(pool)
}

private fun forget(budget: MemoryBudget) {
    MemoryPool.isolated("forgotten") { this.budget = budget }.rentShared(100)
}
