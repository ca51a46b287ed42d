package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.PageRun
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldHold
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs

/** What the ids of pages lead to: the part of [ManagerContract] about finding runs. */
internal object PageIdContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("ids are consecutive, and of one run each", ::uniqueIds),
        ManagerContract.Check("the id of any page leads to its run, on every thread", ::found),
        ManagerContract.Check("an id that no live run has leads nowhere", ::notFound),
        ManagerContract.Check("an id stays while the run lives, whatever comes and goes", ::stableIds),
        ManagerContract.Check("what was found is held like what was allocated", ::references),
        ManagerContract.Check("a run that only the manager knows is found again", ::foundAgain),
        ManagerContract.Check("a page that is not in the run is refused by name", ::offsets),
    )

    private val counts = intArrayOf(1, 2, 3, 5)

    private fun uniqueIds(fixture: ManagerFixture) = fixture.use { manager ->
        val runs = counts.map(manager::allocatePages)
        val ids = runs.flatMap { run -> run.id until run.id + run.count }
        ids.toSet().size shouldBe counts.sum()
        ids.min() shouldBeGreaterThan 0
        runs.forEachIndexed { index, run -> run.fillWith(index * 1_000_000L) }
        runs.forEachIndexed { index, run -> run.shouldHold(index * 1_000_000L) }
        runs.forEach { (it.id == it.address) shouldBe false }
        runs.forEach(PageRun::close)
    }

    private fun found(fixture: ManagerFixture) = fixture.use { manager ->
        val runs = counts.map(manager::allocatePages)
        fun findAll() {
            for (run in runs) {
                for (page in 0 until run.count) {
                    val id = run.id + page
                    manager.findPages(id).shouldNotBeNull().use { it shouldBeSameInstanceAs run }
                    run.offsetOf(id) shouldBe page * manager.pageSize
                }
            }
        }
        findAll()
        onThread { findAll() }
        Thread.startVirtualThread { findAll() }.join()
        runs.forEach { it.refCount shouldBe 1 }
        runs.forEach(PageRun::close)
    }

    private fun notFound(fixture: ManagerFixture) = fixture.use { manager ->
        for (id in longArrayOf(0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1L shl 24)) {
            manager.findPages(id).shouldBeNull()
        }
        val first = manager.allocatePages(3)
        val ids = first.id until first.id + 3
        manager.findPages(first.address).shouldBeNull()
        first.close()
        for (id in ids) manager.findPages(id).shouldBeNull()
        // The same pages again, as one thing and as others: only those that are in a run are found.
        val block = manager.allocate(3 * manager.pageSize)
        for (id in ids) manager.findPages(id).shouldBeNull()
        block.close()
        val shorter = manager.allocatePages(2)
        for (id in ids) {
            val expected = if (id in shorter.id until shorter.id + 2) shorter else null
            val found = manager.findPages(id)
            found shouldBe expected
            found?.close()
        }
        SystemMemoryManager("other").use { other -> other.findPages(shorter.id).shouldBeNull() }
        shorter.close()
    }

    private fun stableIds(fixture: ManagerFixture) = fixture.use { manager ->
        val kept = manager.allocatePages(2)
        val id = kept.id
        val address = kept.address
        kept.fillWith(7)
        repeat(30) { round ->
            val others = List(4) { manager.allocatePages(1 + (round + it) % 2) }
            manager.allocate(100L + round).close()
            others.forEach { it.fillWith(round.toLong()) }
            others.forEach(PageRun::close)
            if (round % 10 == 0) manager.trim()
        }
        kept.id shouldBe id
        kept.address shouldBe address
        manager.findPages(id + 1).shouldNotBeNull().use { it.shouldHold(7) }
        kept.close()
    }

    private fun references(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats().blocks
        val run = manager.allocatePages(2)
        run.retain() shouldBeSameInstanceAs run
        run.tryRetain() shouldBe true
        val found = manager.findPages(run.id + 1).shouldNotBeNull()
        run.refCount shouldBe 4
        manager.stats().blocks shouldBe before + 1
        repeat(3) { run.close() }
        run.isClosed shouldBe false
        found.shouldBeSameInstanceAs(run)
        found.withSegment { it.size } shouldBe run.size
        found.close()
        run.isClosed shouldBe true
        run.refCount shouldBe 0
        run.tryRetain() shouldBe false
        manager.findPages(run.id).shouldBeNull()
        manager.stats().blocks shouldBe before
    }

    private fun foundAgain(fixture: ManagerFixture) = fixture.use { manager ->
        val id = manager.allocatePages(1).also { it.fillWith(99) }.id
        onThread { manager.findPages(id).shouldNotBeNull().use { it.shouldHold(99) } }
        manager.findPages(id).shouldNotBeNull().use { it.close() }
        manager.findPages(id).shouldBeNull()
    }

    private fun offsets(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(3)
        for (id in longArrayOf(run.id - 1, run.id + 3, 0, Long.MIN_VALUE, Long.MAX_VALUE)) {
            shouldThrow<IndexOutOfBoundsException> { run.offsetOf(id) }.message shouldBe
                "page $id is not in this run, which has the pages ${run.id} to ${run.id + 2}: find the run of a page " +
                "with findPages(id)"
        }
        run.close()
        run.offsetOf(run.id + 2) shouldBe 2 * manager.pageSize
    }
}
