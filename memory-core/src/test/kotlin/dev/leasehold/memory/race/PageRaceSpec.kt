package dev.leasehold.memory.race

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.support.BumpEngine
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicLongArray

/** Pages among many threads: found while they end, ended elsewhere, and looked at through views that were kept. */
class PageRaceSpec : FunSpec({
    for (virtual in listOf(false, true)) {
        val threads = if (virtual) "virtual" else "platform"
        test("a run found on $threads threads is held, however close its last close was") {
            val manager = SystemMemoryManager("races")
            val race = FindRace(manager, manager::findPages)
            race.run(Effort.times(30_000), virtual)
            manager.stats().blocks shouldBe 0
            manager.stats().used shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test(
        "a run that ends between the lookups of a find is not found in a shorter one that begins with its first page",
    ) {
        var between = {}
        val engine = { config: EngineConfig ->
            object : BumpEngine(config) {
                override fun firstPageOf(id: Long) = super.firstPageOf(id).also { between() }
            }
        }
        BumpEngine.manager("amidst", engine).use { manager ->
            val run = manager.allocatePages(3)
            val last = run.id + 2
            between = {
                run.close()
                val shorter = manager.allocatePages(2)
                shorter.id shouldBe run.id
                between = { shorter.close() }
            }
            manager.findPages(last).shouldBeNull()
            manager.findPages(run.id).shouldBeNull()
            manager.stats().blocks shouldBe 0
        }
    }

    test("a find that does not hold what it found is caught") {
        val manager = SystemMemoryManager("control")
        val race = FindRace(manager) { id -> manager.findPages(id)?.also { it.close() } }
        shouldThrow<AssertionError> { race.run(2_000_000, virtual = false) }
        await("the last run has ended: $manager") { manager.stats().blocks == 0L || race.isOver }
    }

    val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "without a limit" to {},
        "at its limit" to { limit = 512.KiB },
        "that keeps nothing idle" to { idleBound = 0 },
    )
    for ((kind, configure) in managers) {
        test("a manager $kind gives every page to one owner at a time, a run or a block, and all end once") {
            val manager = SystemMemoryManager("accounts", configure)
            val accounting = Accounting(
                Lender.blocks(manager),
                Lender.pages(manager),
                Effort.seed("accounting of pages of a manager $kind"),
            ) { random -> if (random.nextBoolean()) manager.trim() else manager.stats().shouldAddUp() }
            accounting.run(threads = 6, Effort.times(3_000), virtual = false)
            accounting.served.get() shouldBeGreaterThan 1000
            manager.stats().used shouldBe 0
            manager.stats().blocks shouldBe 0
            manager.stats().allocations shouldBe accounting.served.get()
            manager.stats().peak shouldBeLessThanOrEqualTo manager.limit
            manager.trim()
            manager.stats().reserved shouldBe 0
            manager.close()
        }
    }

    test("no run sees or changes another's bytes through views that were kept") {
        val manager = SystemMemoryManager("isolation")
        val isolation = EpochIsolation(Lender.viewedPages(manager), longArrayOf(4096, 8192, 4096, 100))
        isolation.run(2, 2, Effort.times(3_000))
        isolation.shouldAllBeRefused()
        manager.stats().quarantined shouldBe 0
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("runs resized by their owners while others find them are never seen half resized") {
        val manager = SystemMemoryManager("resized")
        val published = AtomicLong()
        val over = AtomicInteger()
        val rounds = Effort.times(10_000)
        together(3) { worker ->
            if (worker == 0) {
                var run = manager.allocatePages(1)
                repeat(rounds) { round ->
                    run.withSegment { it.setLong(0, run.id) }
                    published.set(run.id)
                    run = run.resizePages(1 + round % 7)
                }
                run.close()
                over.set(1)
            } else {
                while (over.get() == 0) {
                    val id = published.get()
                    manager.findPages(id)?.use { found ->
                        // Grown, shrunk or as it was: what has the page begins with it, unless it is a new owner's.
                        check(found.offsetOf(id) >= 0) { "$found has not the page $id" }
                        found.withSegment { check(it.size % 4096 == 0L) }
                    }
                }
            }
        }
        manager.stats().blocks shouldBe 0
        manager.findPages(published.get()).shouldBeNull()
        manager.close()
    }
})

/**
 * One thread allocates runs, stamps every page, publishes their ids and closes them at once; others look the ids up
 * with [find] and look twice at the stamp of what they found: it must be the same, whatever was allocated meanwhile. An
 * id may lead to a later run of the same pages, even before that is stamped.
 */
private class FindRace(private val manager: MemoryManager, private val find: (Long) -> PageRun?) {
    private val ids = AtomicLongArray(IDS)
    private val stamped: MutableSet<PageRun> = ConcurrentHashMap.newKeySet()
    private val working = AtomicInteger(1)
    private val failed = AtomicBoolean()

    val found = AtomicLong()
    val missed = AtomicLong()

    val isOver: Boolean get() = working.get() == 0

    fun run(rounds: Int, virtual: Boolean) = together(3, { virtual && it == 0 }) { worker ->
        try {
            if (worker == 0) allocate(rounds) else while (!isOver) look(worker)
        } catch (failure: Throwable) {
            failed.set(true)
            throw failure
        }
    }

    private fun allocate(rounds: Int) {
        try {
            var round = 0
            // On a busy machine no thread may have looked by then, but some will.
            while (round < rounds || found.get() == 0L || missed.get() == 0L) {
                if (failed.get()) return
                val run = manager.allocatePages(1 + round % 3)
                run.withSegment { s -> for (at in 0 until run.count) s.setLong(at * manager.pageSize, round + 1L) }
                check(stamped.add(run))
                ids.set(round % IDS, run.id + round % run.count)
                if (round % 16 == 0) Thread.yield()
                run.close()
                check(stamped.remove(run))
                round++
            }
        } finally {
            working.set(0)
        }
    }

    private fun look(worker: Int) {
        for (slot in 0 until IDS) {
            val id = ids.get((slot + worker) % IDS)
            val run = find(id)
            if (run == null) {
                missed.incrementAndGet()
                continue
            }
            if (run in stamped && !holds(run, id)) throw AssertionError("$run was found by $id, and not held")
            run.close()
        }
    }

    private fun holds(run: PageRun, id: Long): Boolean {
        found.incrementAndGet()
        val first = stamp(run, id)
        Thread.yield()
        return first != 0L && stamp(run, id) == first && !run.isClosed
    }

    private fun stamp(run: PageRun, id: Long): Long = try {
        run.withSegment { it.getLong(run.offsetOf(id)) }
    } catch (_: BlockClosedException) {
        0
    }

    private companion object {
        const val IDS = 4
    }
}
