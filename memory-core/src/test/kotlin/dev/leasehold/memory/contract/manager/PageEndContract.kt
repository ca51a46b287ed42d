package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.shouldHold
import dev.leasehold.memory.withMemorySegment
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG

/** How runs of pages end: the part of [ManagerContract] about what is closed, and what is reached no more. */
internal object PageEndContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check(
            "a closed manager allocates no pages, and its runs stay valid and found",
            ::closedManager,
        ),
        ManagerContract.Check("a closed run refuses and says which pages it had", ::closedRun),
        ManagerContract.Check("a run's views die with it, and never show another's bytes", ::keptViews),
        ManagerContract.Check("a scoped view dies with its scope", ::scopedViews),
        ManagerContract.Check("a run is handed over, used and closed elsewhere", ::closedElsewhere),
        ManagerContract.Check("a clear takes every run back, and no old id leads anywhere", ::cleared),
    )

    private val counts = intArrayOf(1, 2, 3, 5)

    private fun closedManager(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val run = manager.allocatePages(2)
        run.fillWith(5)
        val failure = shouldThrow<OutstandingBlocksException> { manager.close() }
        failure.count shouldBe 1
        failure.bytes shouldBe 2 * manager.pageSize
        val refusal = shouldThrow<ManagerClosedException> { manager.allocatePages(1) }
        refusal.message shouldBe "manager '${manager.name}' is closed: allocate from a manager that is open"
        refusal.managerName shouldBe manager.name
        shouldThrow<InvalidSizeException> { manager.allocatePages(0) }
        manager.findPages(run.id + 1).shouldNotBeNull().use { it.shouldHold(5) }
        run.keptSegment.asMemorySegment().get(JAVA_LONG, 8) shouldBe 13
        onThread { run.close() }
        manager.findPages(run.id).shouldBeNull()
        manager.stats().reserved shouldBe 0
    }

    private fun closedRun(fixture: ManagerFixture) = fixture.use { manager ->
        for (count in intArrayOf(1, 3)) {
            val run = manager.allocatePages(count)
            val ids = if (count == 1) "page ${run.id}" else "pages ${run.id} to ${run.id + 2}"
            val what = "Run of the $ids (${bytes(run.size)} at 0x${run.address.toString(16)}) from manager " +
                "'${manager.name}'"
            run.close()
            val uses = mapOf<String, () -> Any?>(
                "retained" to { run.retain() },
                "closed" to { run.close() },
                "used" to { run.keptSegment },
                "resized" to { run.resizePages(2) },
            )
            for ((verb, use) in uses) {
                val refusal = shouldThrow<BlockClosedException> { use() }
                refusal.message.shouldNotBeNull() shouldContain
                    "$what was $verb after its last reference had been given back"
                refusal.managerName shouldBe manager.name
                refusal.size shouldBe run.size
                failureOn("elsewhere") { use() }?.javaClass shouldBe BlockClosedException::class.java
            }
            shouldThrow<BlockClosedException> { run.asKeptMemorySegment() }
            shouldThrow<BlockClosedException> { run.withSegment { it.size } }
        }
    }

    private fun keptViews(fixture: ManagerFixture) = fixture.use { manager ->
        for (count in counts) {
            val run = manager.allocatePages(count)
            val view = run.asKeptMemorySegment()
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
            if (round % 2 == 0) runs.forEach { it.keptSegment.size shouldBe manager.pageSize }
            onThread("closer") {
                runs.forEach { it.shouldHold(round.toLong()) }
                runs.forEach(PageRun::close)
            }
            runs.forEach { manager.findPages(it.id).shouldBeNull() }
            manager.stats().used shouldBe before
        }
    }

    private fun cleared(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val runs = counts.map(manager::allocatePages)
        val ids = runs.flatMap { run -> run.id until run.id + run.count }
        runs.forEach { it.fillWith(1) }
        val view = runs[1].asKeptMemorySegment()
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
            shouldThrow<BlockClosedException> { run.keptSegment }.message shouldBe
                "Run of the " +
                (if (run.count == 1) "page ${run.id}" else "pages ${run.id} to ${run.id + run.count - 1}") +
                " (${bytes(run.size)} at 0x${run.address.toString(16)}) was used after manager '${manager.name}' had " +
                "taken all of its blocks back: allocate anew after a clear"
            shouldThrow<BlockClosedException> { run.resizePages(9) }
            run.close()
            run.close()
        }
        fresh.forEach { it.shouldHold(2) }
        fresh.forEach(PageRun::close)
    }
}
