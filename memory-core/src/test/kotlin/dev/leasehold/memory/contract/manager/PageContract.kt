package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.shouldHold
import dev.leasehold.memory.support.together
import dev.leasehold.memory.support.withoutEpochs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** What every run of pages does, whatever manager it is from: the part of [ManagerContract] about pages. */
internal object PageContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("pages lie together, and no neighbour is reachable", ::exactViews),
        ManagerContract.Check("pages count as what they are, to the byte", ::figures),
        ManagerContract.Check("a number of pages that no run may have is refused", ::refusedCounts),
        ManagerContract.Check(
            "at the limit allocatePages throws, nothing is taken, one close makes room",
            ::atTheLimit,
        ),
        ManagerContract.Check("trimming leaves the pages of runs alone", ::trimming),
        ManagerContract.Check("a run says what and whose it is", ::describesItself),
    )

    private val counts = intArrayOf(1, 2, 3, 5)

    private fun exactViews(fixture: ManagerFixture) = fixture.use { manager ->
        val page = manager.pageSize
        page shouldBe Platform.current.pageSize
        for (count in counts) {
            manager.allocatePages(count).use { run ->
                run.count shouldBe count
                run.size shouldBe count * page
                run.manager shouldBeSameInstanceAs manager
                run.address % page shouldBe 0
                run.withSegment { checkView(it, run) }
                checkView(run.keptSegment, run)
                run.asKeptMemorySegment().address() shouldBe run.address
            }
        }
    }

    private fun checkView(view: Segment, run: PageRun) {
        val raw = view.asMemorySegment()
        raw.byteSize() shouldBe run.size
        raw.fill(1)
        raw.get(JAVA_BYTE, run.size - 1) shouldBe 1
        shouldThrow<IndexOutOfBoundsException> { raw.get(JAVA_BYTE, run.size) }
        shouldThrow<IndexOutOfBoundsException> { raw.get(JAVA_BYTE, -1) }
    }

    private fun figures(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        var pages = 0
        val runs = counts.map { count ->
            pages += count
            manager.allocatePages(count).also {
                val now = manager.stats()
                now.shouldAddUp()
                now.used shouldBe before.used + pages * manager.pageSize
                if (fixture.closable) now.allocations shouldBe before.allocations + now.blocks
            }
        }
        manager.stats().blocks shouldBe before.blocks + counts.size
        runs.first().keptSegment.size shouldBe manager.pageSize
        for (run in runs) {
            run.close()
            pages -= run.count
            manager.stats().used shouldBe before.used + pages * manager.pageSize
            manager.stats().shouldAddUp()
        }
    }

    private fun refusedCounts(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        val page = manager.pageSize
        for (count in intArrayOf(0, -1, Int.MIN_VALUE)) {
            val refusal = shouldThrow<InvalidSizeException> { manager.allocatePages(count) }
            refusal.message shouldBe
                "manager '${manager.name}': a run has 1 page or more, and $count pages were requested"
            refusal.size shouldBe count * page
        }
        val most = minOf(manager.limit / page, 1L shl 24).toInt()
        for (count in intArrayOf(most + 1, Int.MAX_VALUE)) {
            val refusal = shouldThrow<InvalidSizeException> { manager.allocatePages(count) }
            val pages = grouped(most.toLong())
            val reason = if (fixture.limited) {
                "its limit is ${bytes(most * page)} ($pages pages): raise the limit or request fewer"
            } else {
                "no run may have more than $pages pages: request fewer"
            }
            val requested = "${grouped(count.toLong())} pages of ${bytes(page)} requested"
            refusal.message shouldBe "manager '${manager.name}': $requested, and $reason"
            refusal.size shouldBe count * page
        }
        manager.stats().withoutEpochs() shouldBe before.withoutEpochs()
    }

    private fun atTheLimit(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.limited) return@use
        val page = manager.pageSize
        val count = (manager.limit / page / 4).toInt()
        val runs = ArrayList<PageRun>()
        val refusal = shouldThrow<MemoryExhaustedException> { repeat(5) { runs.add(manager.allocatePages(count)) } }
        val full = manager.stats()
        refusal.requested shouldBe count * page
        refusal.ownerName shouldBe manager.name
        for (figure in listOf(count * page, full.used, manager.limit)) {
            refusal.message.shouldNotBeNull() shouldContain bytes(figure)
        }
        full.blocks shouldBe runs.size.toLong()
        manager.stats().used shouldBe full.used
        full.reserved shouldBeLessThanOrEqualTo full.limit
        runs.removeLast().close()
        manager.allocatePages(count).close()
        runs.forEach(PageRun::close)
        manager.allocatePages((manager.limit / page).toInt()).close()
    }

    private fun trimming(fixture: ManagerFixture) = fixture.use { manager ->
        val runs = List(6) { manager.allocatePages(1) }
        runs.forEachIndexed { index, run -> run.fillWith(index.toLong()) }
        runs.filterIndexed { index, _ -> index % 2 == 0 }.forEach(PageRun::close)
        manager.trim()
        val stats = manager.stats()
        stats.shouldAddUp()
        if (fixture.closable && Platform.current.discards) stats.reserved shouldBe 3 * manager.pageSize
        for (index in intArrayOf(1, 3, 5)) {
            manager.findPages(runs[index].id).shouldNotBeNull().use { it.shouldHold(index.toLong()) }
            manager.findPages(runs[index - 1].id).shouldBeNull()
        }
        manager.trim() shouldBe 0
        for (index in intArrayOf(1, 3, 5)) runs[index].close()
    }

    private fun describesItself(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(2).retain()
        val what = "pages ${run.id} to ${run.id + 1}, ${run.size} bytes at 0x${run.address.toString(16)}"
        run.toString() shouldBe "PageRun($what, 2 references, manager '${manager.name}')"
        repeat(2) { run.close() }
        run.toString() shouldBe "PageRun($what, closed, manager '${manager.name}')"
    }
}
