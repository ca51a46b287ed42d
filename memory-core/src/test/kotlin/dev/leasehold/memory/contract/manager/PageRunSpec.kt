package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.model.PageModel
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.shouldHold
import dev.leasehold.testing.Effort
import dev.leasehold.testing.awaitNativeRead
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.nio.ByteBuffer
import java.nio.channels.Pipe
import kotlin.random.Random

/** Runs of pages of a manager in this process: where they grow, what the limit and the system have to do with them. */
class PageRunSpec : FunSpec({
    val page = 4096L

    fun manager(platform: ScriptedPlatform, configure: ManagerOptions.() -> Unit = {}) =
        SystemMemoryManager.make("faults", ManagerOptions().apply(configure), platform)

    // ---- in place ----

    test("a run grows where it lies when the pages behind it are free, for all holders") {
        SystemMemoryManager("grow").use { manager ->
            val run = manager.allocatePages(2)
            run.fillWith(1)
            val id = run.id
            val view = run.keptSegment
            run.retain()
            run.resizePages(6, zeroed = true) shouldBeSameInstanceAs run
            run.id shouldBe id
            run.count shouldBe 6
            view.size shouldBe 2 * page
            run.keptSegment.size shouldBe 6 * page
            run.shouldHold(1, 2)
            run.keptSegment.getLong(2 * page) shouldBe 0
            manager.findPages(id + 5).shouldNotBeNull().use { it shouldBeSameInstanceAs run }
            manager.stats().used shouldBe 6 * page
            repeat(2) { run.close() }
            (id..id + 5).forEach { manager.findPages(it).shouldBeNull() }
        }
    }

    test("a run whose neighbour is taken moves, and its old ids lead nowhere") {
        SystemMemoryManager("move").use { manager ->
            val run = manager.allocatePages(2)
            val neighbour = manager.allocatePages(1)
            neighbour.id shouldBe run.id + 2
            run.fillWith(2)
            val moved = run.resizePages(3)
            moved shouldNotBe run
            run.isClosed.shouldBeTrue()
            run.count shouldBe 2
            moved.shouldHold(2, 2)
            manager.findPages(run.id).shouldBeNull()
            manager.findPages(moved.id).shouldNotBeNull().close()
            neighbour.close()
            // Now there is room in front only, and what is in front never counts.
            moved.resizePages(2) shouldBeSameInstanceAs moved
            moved.close()
            manager.stats().used shouldBe 0
        }
    }

    test("a run that shrinks gives its tail back at once, its views are cut off, and the ids of the tail are free") {
        SystemMemoryManager("shrink").use { manager ->
            val run = manager.allocatePages(5)
            run.fillWith(3)
            val view = run.keptSegment
            run.resizePages(2) shouldBeSameInstanceAs run
            manager.stats().used shouldBe 2 * page
            shouldThrow<ViewClosedException> { view.getByte(0) }
            run.keptSegment.size shouldBe 2 * page
            run.shouldHold(3)
            (run.id + 2..run.id + 4).forEach { manager.findPages(it).shouldBeNull() }
            val next = manager.allocatePages(3)
            next.id shouldBe run.id + 2
            next.fillWith(4)
            run.shouldHold(3)
            listOf(run, next).forEach(PageRun::close)
        }
    }

    test("a run of the size that it has stays as it is, with its views and references") {
        SystemMemoryManager("same").use { manager ->
            val run = manager.allocatePages(3)
            val view = run.keptSegment
            run.retain()
            run.resizePages(3) shouldBeSameInstanceAs run
            view.setByte(3 * page - 1, 1)
            repeat(2) { run.close() }
        }
    }

    test("a run grows in place on a closed manager, and must not move there") {
        val manager = SystemMemoryManager("closed")
        val run = manager.allocatePages(1)
        val last = manager.allocatePages(1)
        shouldThrow<OutstandingBlocksException> { manager.close() }
        last.resizePages(2) shouldBeSameInstanceAs last
        shouldThrow<ManagerClosedException> { run.resizePages(2) }.message shouldBe
            "manager 'closed' is closed: allocate from a manager that is open"
        run.refCount shouldBe 1
        listOf(run, last).forEach(PageRun::close)
        manager.stats().reserved shouldBe 0
    }

    // ---- limits ----

    test("a limit is exact to the page") {
        val manager = SystemMemoryManager("exact") { limit = 10 * page + 100 }
        manager.maxAllocation shouldBe 10 * page
        val runs = List(10) { manager.allocatePages(1) }
        manager.stats().reserved shouldBe 10 * page
        shouldThrow<MemoryExhaustedException> { manager.allocatePages(1) }.message shouldBe
            "manager 'exact': 4,096 bytes requested, 40,960 bytes of the limit of 41,060 bytes are reserved and " +
            "40,960 bytes used: close blocks sooner or raise the limit"
        shouldThrow<InvalidSizeException> { manager.allocatePages(11) }.message shouldBe
            "manager 'exact': 11 pages of 4,096 bytes requested, and its limit is 40,960 bytes (10 pages): raise the " +
            "limit or request fewer"
        runs[4].close()
        manager.allocatePages(1).close()
        shouldThrow<MemoryExhaustedException> { manager.allocatePages(2) }
        runs.filterIndexed { index, _ -> index != 4 }.forEach(PageRun::close)
        manager.allocatePages(10).close()
        manager.stats().peak shouldBe 10 * page
        manager.close()
    }

    test("a budget that refuses pages names its path, and idle memory of others below it is taken first") {
        val ingest = MemoryBudget("ingest", 1.MiB, MemoryBudget.rootOf("app", 8.MiB))
        val pool = MemoryPool.isolated("frames") { budget = ingest }
        val manager = SystemMemoryManager("index") { budget = ingest }
        pool.rent(900.KiB).close()
        val run = manager.allocatePages(250)
        pool.stats().reserved shouldBe 0
        val refusal = shouldThrow<BudgetExceededException> { manager.allocatePages(10) }
        refusal.message shouldBe
            "app › ingest: 1,000 KiB of 1 MiB used, 40 KiB requested for the pages of 40,960 bytes by " +
            "manager 'index': close what is no longer used or raise the limit of 'app › ingest'"
        refusal.path shouldBe "app › ingest"
        ingest.used shouldBe 250 * page
        run.close()
        manager.close()
        pool.close()
        ingest.used shouldBe 0
    }

    test("what blocks have left idle in caches is no reason to refuse pages, and the other way round") {
        val manager = SystemMemoryManager("pressed") { limit = 64 * page }
        fun churnBlocks() {
            val blocks = List(100) { manager.allocate(1.KiB) }
            blocks.filterIndexed { index, _ -> index % 2 == 0 }.forEach { it.keptSegment.zero() }
            blocks.forEach(Block::close)
        }
        repeat(5) {
            churnBlocks()
            onThread { churnBlocks() }
            val run = manager.allocatePages(64)
            run.fillWith(1)
            shouldThrow<MemoryExhaustedException> { manager.allocate(16) }
            run.close()
            val block = manager.allocate(60 * page)
            block.close()
        }
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("a run grows in place when memory is short, although it could not move") {
        val manager = SystemMemoryManager("short") { limit = 64 * page }
        val run = manager.allocatePages(20)
        run.fillWith(5)
        // Slabs behind the run, whose blocks only a cache still has.
        List(200) { manager.allocate(500) }.forEach(Block::close)
        run.resizePages(64) shouldBeSameInstanceAs run
        run.shouldHold(5, 20)
        manager.stats().used shouldBe 64 * page
        run.close()
        manager.close()
    }

    test("a run that can neither grow nor move says why, and stays") {
        val manager = SystemMemoryManager("stuck") { limit = 12 * page }
        val run = manager.allocatePages(4)
        val wall = manager.allocatePages(1)
        run.fillWith(6)
        val refusal = shouldThrow<MemoryExhaustedException> { run.resizePages(9) }
        refusal.message shouldBe "manager 'stuck': 36,864 bytes requested, 20,480 bytes of the limit of 49,152 bytes " +
            "are reserved and 20,480 bytes used: close blocks sooner or raise the limit"
        run.refCount shouldBe 1
        run.shouldHold(6)
        wall.close()
        run.resizePages(9).use { it.shouldHold(6, 4) }
        manager.close()
    }

    // ---- other budgets, checks and traces ----

    test("another budget pays for a run until it is closed or has moved") {
        val root = MemoryBudget.rootOf("app", 8.MiB)
        val mine = MemoryBudget("mine", 1.MiB, root)
        val theirs = MemoryBudget("theirs", 64.KiB, root)
        val manager = SystemMemoryManager("index") { budget = mine }
        var run = manager.allocatePages(4)
        run.fillWith(1)
        run.transferTo(theirs)
        theirs.used shouldBe 4 * page
        mine.used shouldBe 0
        run.resizePages(4) shouldBeSameInstanceAs run
        theirs.used shouldBe 4 * page
        for (count in intArrayOf(2, 6)) {
            val id = run.id
            run.transferTo(theirs)
            theirs.used shouldBe run.size
            run = run.resizePages(count)
            run.id shouldNotBe id
            manager.findPages(id).shouldBeNull()
            theirs.used shouldBe 0
            run.shouldHold(1, 2)
            manager.findPages(run.id + count - 1).shouldNotBeNull().close()
        }
        run.close()
        shouldThrow<BudgetExceededException> { manager.allocatePages(17).use { it.transferTo(theirs) } }
        manager.stats().used shouldBe 0
        manager.close()
        mine.used shouldBe 0
    }

    test("a checked manager fills pages when they come and go, and resizes and finds them as any other") {
        SystemMemoryManager("checked") { checked = true }.use { manager ->
            val run = manager.allocatePages(3)
            run.withSegment { it.getByte(3 * page - 1) } shouldBe 0xCD.toByte()
            run.address % page shouldBe 0
            run.fillWith(1)
            val grown = run.resizePages(5)
            grown.shouldHold(1, 3)
            grown.withSegment { it.getByte(5 * page - 1) } shouldBe 0xCD.toByte()
            manager.findPages(grown.id + 4).shouldNotBeNull().use { it shouldBeSameInstanceAs grown }
            manager.stats().used shouldBe 5 * page
            grown.close()
        }
    }

    test("a manager that traces sites says where runs that are still allocated come from, and where one was closed") {
        val manager = SystemMemoryManager("traced") { traceSites = true }
        val run = manager.allocatePages(2)
        val closed = manager.allocatePages(1).also(PageRun::close)
        val words = shouldThrow<OutstandingBlocksException> { manager.close() }.message.shouldNotBeNull()
        words shouldContain "\n  1 block of 8,192 bytes allocated at "
        words shouldContain "PageRunSpec"
        shouldThrow<BlockClosedException> { closed.retain() }.message.shouldNotBeNull() shouldContain "PageRunSpec"
        run.close()
        manager.stats().reserved shouldBe 0
    }

    // ---- the system ----

    test("a system that refuses is named, and nothing is taken") {
        val platform = ScriptedPlatform().apply { refuseMap = { true } }
        val manager = manager(platform)
        val failure = shouldThrow<MemoryExhaustedException> { manager.allocatePages(3) }
        failure.message shouldBe
            "manager 'faults': the system refused memory for 12,288 bytes (0 bytes reserved, 0 bytes used); close " +
            "blocks sooner, or give the process more memory"
        manager.stats().reserved shouldBe 0
        platform.refuseMap = { false }
        manager.allocatePages(3).close()
        manager.close()
        platform.lentBytes shouldBe 0
    }

    test("a system that refuses any call at any time costs refusals, and no page and no id") {
        val seed = Effort.seed("pages refused at random")
        var refusals = 0
        for (round in 0 until Effort.times(6)) {
            val random = Random(seed + round)
            val platform = ScriptedPlatform()
            val manager = manager(platform) {
                idleBound = if (round % 2 == 0) 0 else 1.MiB
                limit = if (round % 4 < 2) Long.MAX_VALUE else 4.MiB
            }
            val model = PageModel(manager, seed + round)
            logged {
                repeat(20) {
                    platform.refuseMap = if (random.nextInt(3) == 0) ({ true }) else ({ random.nextInt(4) == 0 })
                    platform.refuseUnmap = random.nextInt(3) == 0
                    platform.refuseDiscard = random.nextInt(3) == 0
                    model.run(100)
                }
                platform.refuseMap = { false }
                platform.refuseUnmap = false
                platform.refuseDiscard = false
                model.close()
            }
            refusals += model.refusals
            manager.close()
            manager.trim()
            platform.lentBytes shouldBe 0
        }
        refusals shouldBeGreaterThan 0
    }

    test("a last close while an operation of the system uses the run is refused, and the run is found as before") {
        val manager = SystemMemoryManager("busy")
        val run = manager.allocatePages(2)
        val view = run.asKeptMemorySegment()
        val pipe = Pipe.open()
        val reading = Thread.ofPlatform().daemon().start { pipe.source().read(view.asSlice(0, 8).asByteBuffer()) }
        awaitNativeRead(reading)
        shouldThrow<MemoryBusyException> { run.close() }
        shouldThrow<MemoryBusyException> { run.resizePages(1) }
        run.isClosed.shouldBeFalse()
        run.count shouldBe 2
        manager.findPages(run.id + 1).shouldNotBeNull().close()
        pipe.sink().write(ByteBuffer.wrap(byteArrayOf(7)))
        reading.join()
        run.withSegment { it.getByte(0) } shouldBe 7
        run.close()
        shouldThrow<IllegalStateException> { view.fill(0) }
        manager.close()
    }

    test("pages of closed runs go back to the system, and those of live runs stay") {
        val manager = SystemMemoryManager("trim")
        val runs = List(100) { manager.allocatePages(1 + it % 5) }
        runs.forEachIndexed { index, run -> run.fillWith(index.toLong()) }
        val kept = runs.filterIndexed { index, _ -> index % 3 == 0 }
        (runs - kept.toSet()).forEach(PageRun::close)
        manager.trim() shouldBe runs.sumOf { it.size } - kept.sumOf { it.size }
        manager.stats().reserved shouldBe kept.sumOf { it.size }
        runs.forEachIndexed { index, run ->
            val found = manager.findPages(run.id)
            if (run in kept) found.shouldNotBeNull().use { it.shouldHold(index.toLong()) } else found.shouldBeNull()
        }
        kept.forEach(PageRun::close)
        manager.stats().used shouldBe 0
        manager.trim()
        manager.stats().reserved shouldBe 0
        manager.close()
    }

    test("a run may have more than two gibibytes, and its pages are found") {
        val manager = SystemMemoryManager("large")
        val count = (2_200.MiB / page).toInt()
        val run = manager.allocatePages(count)
        run.withSegment { it.setByte(run.size - 1, 9) }
        manager.findPages(run.id + count - 1).shouldNotBeNull().use { it.keptSegment.getByte(it.size - 1) shouldBe 9 }
        run.offsetOf(run.id + count - 1) shouldBe run.size - page
        manager.stats().used shouldBe count * page
        run.close()
        manager.close()
        manager.stats().reserved shouldBe 0
    }
})
