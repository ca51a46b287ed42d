package dev.leasehold.memory.contract.budget

import com.sun.management.OperatingSystemMXBean
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.management.ManagementFactory
import java.lang.ref.WeakReference

// In a function of its own, or the variables of the test would hold it.
private fun forgottenPool(app: MemoryBudget): WeakReference<MemoryPool> {
    val pool = MemoryPool.isolated("forgotten") { budget = app }
    onThread { pool.rentShared(64) }
    return WeakReference(pool)
}

class MemoryBudgetSpec : FunSpec({
    test("the root is named app and has as much as the container, or the machine, has") {
        val machine = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
        MemoryBudget.root().name shouldBe "app"
        MemoryBudget.root().path shouldBe "app"
        MemoryBudget.root().parent shouldBe null
        MemoryBudget.root().limit shouldBe machine.totalMemorySize
        MemoryBudget.root() shouldBeSameInstanceAs MemoryBudget.root()
    }

    test("what was placed nowhere else draws on the root") {
        MemoryPool.shared().budget shouldBeSameInstanceAs MemoryBudget.root()
        MemoryBudget.root().pools shouldContain MemoryPool.shared()
        // Other pools may give something back between two looks, so it looks until none does.
        await("the root counts a pool's bytes while there is the pool") {
            val before = MemoryBudget.root().used
            val during = MemoryPool.fixed("at the root", 4096, 4).use { MemoryBudget.root().used }
            listOf(during, MemoryBudget.root().used) == listOf(before + 4 * 4096, before)
        }
        MemoryBudget("here").use { it.parent shouldBeSameInstanceAs MemoryBudget.root() }
    }

    test("a budget knows its place and its figures") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        val ingest = MemoryBudget("ingest", 4.MiB, app)
        val sockets = MemoryBudget("sockets", parent = ingest)
        sockets.path shouldBe "app › ingest › sockets"
        sockets.limit shouldBe Long.MAX_VALUE
        sockets.available shouldBe 4.MiB
        app.children.shouldContainExactly(ingest)
        val pool = MemoryPool.fixed("frames", 1.MiB, 3, 4096) { budget = sockets }
        sockets.pools.shouldContainExactly(pool)
        listOf(sockets, ingest, app).map { it.used }.shouldContainExactly(3.MiB, 3.MiB, 3.MiB)
        sockets.available shouldBe 1.MiB
        pool.close()
        sockets.used shouldBe 0
        listOf(sockets, ingest, app).map { it.peak }.shouldContainExactly(3.MiB, 3.MiB, 3.MiB)
        sockets.toString() shouldBe "MemoryBudget(app › ingest › sockets: 0 bytes used, no limit)"
        ingest.toString() shouldBe "MemoryBudget(app › ingest: 0 bytes of 4 MiB used)"
    }

    test("a limit can be changed at any time, also to below what is used") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val pool = MemoryPool.isolated("pool") {
            budget = app
            idleBound = 0
        }
        val first = pool.rent(512.KiB)
        app.limit = 256.KiB
        app.available shouldBe 0
        pool.tryRent(4096) shouldBe null
        app.limit = 2.MiB
        pool.rent(1.MiB).close()
        first.close()
        pool.close()
        app.used shouldBe 0
    }

    test("closed pools and budgets leave the tree") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        val child = MemoryBudget("child", parent = app)
        val pool = MemoryPool.isolated("pool") { budget = child }
        pool.close()
        child.pools.shouldBeEmpty()
        child.close()
        child.close()
        child.isClosed shouldBe true
        app.children.shouldBeEmpty()
    }

    test("a closed pool stays in the tree until its last lease has ended") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        val pool = MemoryPool.isolated("pool") { budget = app }
        val lease = pool.rent(4096)
        shouldThrow<OutstandingLeasesException> { pool.close() }
        app.pools.shouldContainExactly(pool)
        lease.close()
        app.pools.shouldBeEmpty()
        app.used shouldBe 0
    }

    test("a forgotten pool is not held, and a lease that was lost with it stays in the figures") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        val pool = forgottenPool(app)
        await("the pool is garbage") {
            System.gc()
            pool.get() == null
        }
        app.pools.shouldBeEmpty()
        (app.used > 0) shouldBe true
        app.toTree().lines().last().startsWith("└─ pool forgotten (forgotten)  ") shouldBe true
    }

    test("forgotten budgets and pools that hold nothing leave nothing behind") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        repeat(100) { MemoryPool.isolated("pool $it") { budget = MemoryBudget("budget $it", parent = app) } }
        await("the tree is empty") {
            System.gc()
            app.node.members.live().isEmpty()
        }
        app.toTree().lines().size shouldBe 2
    }

    test("a budget lives as long as a pool that draws on it") {
        val app = MemoryBudget.rootOf("app", 10.MiB)
        val pool = MemoryPool.isolated("pool") { budget = MemoryBudget("held", parent = app) }
        repeat(3) { System.gc() }
        app.children.map { it.name }.shouldContainExactly("held")
        pool.budget shouldBeSameInstanceAs app.children.single()
        pool.close()
    }

    test("the printed tree is aligned, and names pools, limits and percentages") {
        val app = MemoryBudget.rootOf("app", 8.MiB)
        val ingest = MemoryBudget("ingest", 4.MiB, app)
        val files = MemoryBudget("files", parent = app)
        val frames = MemoryPool.fixed("frames", 1.MiB, 3, 4096) { budget = ingest }
        val rows = MemoryPool.fixed("rows", 4096, 25, 4096) { budget = files }
        MemoryPool.fixed("gone", 1.MiB, 4) { budget = app }.close()
        val spare = MemoryPool.isolated("spare") { budget = app }
        val lease = frames.rentShared().transferTo(files)
        app.toTree() shouldBe """
            budget                  used     limit   full       peak
            app                3,172 KiB     8 MiB   38 %  7,268 KiB
            ├─ ingest              2 MiB     4 MiB   50 %      3 MiB
            │  └─ pool frames      2 MiB     3 MiB   66 %      3 MiB
            ├─ files           1,124 KiB  no limit         1,124 KiB
            │  ├─ pool rows      100 KiB   100 KiB  100 %    100 KiB
            │  └─ moved here       1 MiB
            └─ pool spare        0 bytes  no limit           0 bytes
        """.trimIndent()
        ingest.toTree() shouldBe """
            budget           used  limit  full   peak
            ingest          2 MiB  4 MiB  50 %  3 MiB
            └─ pool frames  2 MiB  3 MiB  66 %  3 MiB
        """.trimIndent()
        lease.close()
        app.pools shouldNotContain frames
        listOf(frames, rows, spare).forEach(MemoryPool::close)
        app.used shouldBe 0
    }
})
