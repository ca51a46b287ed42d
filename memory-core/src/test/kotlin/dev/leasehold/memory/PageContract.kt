package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG

/** What every run of pages does, whatever manager it is from: the part of [ManagerContract] about pages and their ids. */
internal object PageContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("pages lie together, and no neighbour is reachable", ::exactViews),
        ManagerContract.Check("ids are consecutive, and of one run each", ::uniqueIds),
        ManagerContract.Check("the id of any page leads to its run, on every thread", ::found),
        ManagerContract.Check("an id that no live run has leads nowhere", ::notFound),
        ManagerContract.Check("an id stays while the run lives, whatever comes and goes", ::stableIds),
        ManagerContract.Check("what was found is held like what was allocated", ::references),
        ManagerContract.Check("a run that nobody but the manager knows is found again", ::foundAgain),
        ManagerContract.Check("pages count as what they are, to the byte", ::figures),
        ManagerContract.Check("a number of pages that no run may have is refused", ::refusedCounts),
        ManagerContract.Check(
            "at the limit allocatePages throws, nothing is taken, one close makes room",
            ::atTheLimit,
        ),
        ManagerContract.Check(
            "a closed manager allocates no pages, and its runs stay valid and found",
            ::closedManager,
        ),
        ManagerContract.Check("a closed run refuses and says which pages it had", ::closedRun),
        ManagerContract.Check("a page that is not in the run is refused by name", ::offsets),
        ManagerContract.Check("a run's views die with it, and never show another's bytes", ::keptViews),
        ManagerContract.Check("a scoped view dies with its scope", ::scopedViews),
        ManagerContract.Check("a run is handed over, used and closed elsewhere", ::closedElsewhere),
        ManagerContract.Check("resizing keeps bytes, and the answer says which ids they have now", ::resizing),
        ManagerContract.Check("who else holds a run that moved keeps it as it was", ::resizingShared),
        ManagerContract.Check("a resize that is refused changes nothing", ::refusedResize),
        ManagerContract.Check("trimming leaves the pages of runs alone", ::trimming),
        ManagerContract.Check("a clear takes every run back, and no old id leads anywhere", ::cleared),
        ManagerContract.Check("a run says what and whose it is", ::describesItself),
    )

    private val counts = intArrayOf(1, 2, 3, 5)

    fun PageRun.fillWith(seed: Long) = withSegment { segment ->
        val view = segment.asMemorySegment()
        for (at in 0 until size step 8) view.set(JAVA_LONG, at, seed + at)
    }

    fun PageRun.shouldHold(seed: Long, pages: Int = count) = withSegment { segment ->
        val view = segment.asMemorySegment()
        for (at in 0 until pages * manager.pageSize step 8) {
            val found = view.get(JAVA_LONG, at)
            check(found == seed + at) { "$this holds $found at $at, and ${seed + at} was written" }
        }
    }

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
                checkView(run.segment, run)
                run.asMemorySegment().address() shouldBe run.address
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
        runs.first().segment.size shouldBe manager.pageSize
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
                "manager '${manager.name}': a run has 1 page or more, and $count pages were asked"
            refusal.size shouldBe count * page
        }
        val most = minOf(manager.limit / page, 1L shl 24).toInt()
        for (count in intArrayOf(most + 1, Int.MAX_VALUE)) {
            val refusal = shouldThrow<InvalidSizeException> { manager.allocatePages(count) }
            refusal.message shouldBe "manager '${manager.name}': $count pages of $page bytes asked, and " +
                if (fixture.limited) {
                    "its limit is ${most * page} bytes ($most pages): raise the limit or ask for fewer"
                } else {
                    "no run may have more than $most pages"
                }
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
        refusal.poolName shouldBe manager.name
        for (figure in listOf(count * page, full.used, manager.limit)) {
            refusal.message.shouldNotBeNull() shouldContain figure.toString()
        }
        full.blocks shouldBe runs.size.toLong()
        manager.stats().used shouldBe full.used
        full.reserved shouldBeLessThanOrEqualTo full.limit
        runs.removeLast().close()
        manager.allocatePages(count).close()
        runs.forEach(PageRun::close)
        manager.allocatePages((manager.limit / page).toInt()).close()
    }

    private fun closedManager(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val run = manager.allocatePages(2)
        run.fillWith(5)
        val failure = shouldThrow<OutstandingBlocksException> { manager.close() }
        failure.blocks shouldBe 1
        failure.bytes shouldBe 2 * manager.pageSize
        val refusal = shouldThrow<ManagerClosedException> { manager.allocatePages(1) }
        refusal.message shouldBe "manager '${manager.name}' is closed: allocate from a manager that is open"
        refusal.managerName shouldBe manager.name
        shouldThrow<InvalidSizeException> { manager.allocatePages(0) }
        manager.findPages(run.id + 1).shouldNotBeNull().use { it.shouldHold(5) }
        run.segment.asMemorySegment().get(JAVA_LONG, 8) shouldBe 13
        onThread { run.close() }
        manager.findPages(run.id).shouldBeNull()
        manager.stats().reserved shouldBe 0
    }

    private fun closedRun(fixture: ManagerFixture) = fixture.use { manager ->
        for (count in intArrayOf(1, 3)) {
            val run = manager.allocatePages(count)
            val ids = if (count == 1) "page ${run.id}" else "pages ${run.id} to ${run.id + 2}"
            val what = "Run of the $ids (${run.size} bytes at 0x${run.address.toString(16)}) from manager " +
                "'${manager.name}'"
            run.close()
            val uses = mapOf<String, () -> Any?>(
                "retained" to { run.retain() },
                "closed" to { run.close() },
                "used" to { run.segment },
                "resized" to { run.resize(2) },
            )
            for ((verb, use) in uses) {
                val refusal = shouldThrow<BlockClosedException> { use() }
                refusal.message.shouldNotBeNull() shouldContain
                    "$what was $verb after its last reference had been given back"
                refusal.managerName shouldBe manager.name
                refusal.size shouldBe run.size
                failureOn("elsewhere") { use() }?.javaClass shouldBe BlockClosedException::class.java
            }
            shouldThrow<BlockClosedException> { run.asMemorySegment() }
            shouldThrow<BlockClosedException> { run.withSegment { it.size } }
        }
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

    private fun keptViews(fixture: ManagerFixture) = fixture.use { manager ->
        for (count in counts) {
            val run = manager.allocatePages(count)
            val view = run.asMemorySegment()
            val slice = view.asSlice(run.size - 8, 8)
            view.fill(1)
            run.close()
            val next = manager.allocatePages(count)
            next.fillWith(2)
            if (Platform.current.bindsViews) {
                shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
                shouldThrow<IllegalStateException> { slice.fill(3) }
                onThread { shouldThrow<IllegalStateException> { slice.fill(3) } }
            }
            next.shouldHold(2)
            next.close()
        }
        manager.stats().shouldAddUp()
    }

    private fun scopedViews(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(1)
        val kept = run.withSegment { segment ->
            run.refCount shouldBe 1
            segment.asMemorySegment().asSlice(8)
        }
        run.refCount shouldBe 1
        if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { kept.get(JAVA_BYTE, 0) }
        run.withMemorySegment { it.byteSize() } shouldBe manager.pageSize
        run.close()
    }

    private fun closedElsewhere(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats().used
        repeat(4) { round ->
            val runs = List(3) { manager.allocatePages(1) }
            runs.forEach { it.fillWith(round.toLong()) }
            if (round % 2 == 0) runs.forEach { it.segment.size shouldBe manager.pageSize }
            onThread("closer") {
                runs.forEach { it.shouldHold(round.toLong()) }
                runs.forEach(PageRun::close)
            }
            runs.forEach { manager.findPages(it.id).shouldBeNull() }
            manager.stats().used shouldBe before
        }
    }

    private fun resizing(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        var run = manager.allocatePages(2)
        run.fillWith(3)
        for (count in intArrayOf(4, 3, 3, 1, 5, 2)) {
            val old = run
            val oldId = run.id
            val kept = minOf(run.count, count)
            run = run.resize(count, zeroed = true)
            run.count shouldBe count
            run.size shouldBe count * manager.pageSize
            run.refCount shouldBe 1
            (run.id == oldId) shouldBe (run === old)
            old.isClosed shouldBe (run !== old)
            run.shouldHold(3, kept)
            run.withSegment { checkZero(it, kept * manager.pageSize) }
            run.fillWith(3)
            for (id in run.id until run.id + count) {
                manager.findPages(id).shouldNotBeNull().use { it shouldBeSameInstanceAs run }
            }
            manager.stats().used shouldBe before.used + run.size
            manager.stats().blocks shouldBe before.blocks + 1
        }
        run.close()
    }

    private fun checkZero(segment: Segment, from: Long) {
        val view = segment.asMemorySegment()
        for (at in from until segment.size step 8) check(view.get(JAVA_LONG, at) == 0L) { "byte $at is not zero" }
    }

    private fun resizingShared(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(3)
        run.fillWith(4)
        val view = run.asMemorySegment()
        run.retain()
        // Somebody else has it, so its tail cannot go.
        val shorter = run.resize(1)
        shorter shouldNotBe run
        shorter.id shouldNotBe run.id
        run.count shouldBe 3
        run.refCount shouldBe 1
        run.shouldHold(4)
        view.get(JAVA_LONG, 16) shouldBe 20
        shorter.shouldHold(4, 1)
        manager.findPages(run.id + 2).shouldNotBeNull().use { it shouldBeSameInstanceAs run }
        run.close()
        shorter.close()
    }

    private fun refusedResize(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(2)
        run.fillWith(6)
        val most = minOf(manager.limit / manager.pageSize, 1L shl 24).toInt()
        for (count in intArrayOf(0, -5, most + 1, Int.MAX_VALUE)) {
            shouldThrow<InvalidSizeException> { run.resize(count) }.size shouldBe count * manager.pageSize
        }
        if (fixture.limited) {
            val other = manager.allocatePages(1)
            shouldThrow<MemoryExhaustedException> { run.resize(most) }.requested shouldBe most * manager.pageSize
            other.close()
        }
        run.count shouldBe 2
        run.refCount shouldBe 1
        run.shouldHold(6)
        run.close()
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

    private fun cleared(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val runs = counts.map(manager::allocatePages)
        val ids = runs.flatMap { run -> run.id until run.id + run.count }
        runs.forEach { it.fillWith(1) }
        val view = runs[1].asMemorySegment()
        manager.clear()
        manager.stats().used shouldBe 0
        manager.stats().blocks shouldBe 0
        val fresh = counts.map(manager::allocatePages)
        fresh.forEach { it.fillWith(2) }
        for (id in ids) manager.findPages(id).shouldBeNull()
        fresh.flatMap { run -> run.id until run.id + run.count }.intersect(ids.toSet()).size shouldBe 0
        if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { view.set(JAVA_LONG, 0, 3) }
        for (run in runs) {
            run.isClosed shouldBe true
            run.tryRetain() shouldBe false
            shouldThrow<BlockClosedException> { run.segment }.message shouldBe
                "Run of the " +
                (if (run.count == 1) "page ${run.id}" else "pages ${run.id} to ${run.id + run.count - 1}") +
                " (${run.size} bytes at 0x${run.address.toString(16)}) was used after manager '${manager.name}' had " +
                "taken all of its blocks back: allocate anew after a clear"
            shouldThrow<BlockClosedException> { run.resize(9) }
            run.close()
            run.close()
        }
        fresh.forEach { it.shouldHold(2) }
        fresh.forEach(PageRun::close)
    }

    private fun describesItself(fixture: ManagerFixture) = fixture.use { manager ->
        val run = manager.allocatePages(2).retain()
        val what = "pages ${run.id} to ${run.id + 1}, ${run.size} bytes at 0x${run.address.toString(16)}"
        run.toString() shouldBe "PageRun($what, 2 references, manager '${manager.name}')"
        repeat(2) { run.close() }
        run.toString() shouldBe "PageRun($what, closed, manager '${manager.name}')"
    }
}
