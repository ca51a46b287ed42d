package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.shouldHold
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.ValueLayout.JAVA_LONG

/** How runs of pages grow and shrink: the part of [ManagerContract] about resizing them. */
internal object PageResizeContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("resizing keeps bytes, and the result has the ids that they have now", ::resizing),
        ManagerContract.Check("other holders of a run that moved keep it as it was", ::resizingShared),
        ManagerContract.Check("a resize that is refused changes nothing", ::refusedResize),
    )

    private fun resizing(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        var run = manager.allocatePages(2)
        run.fillWith(3)
        for (count in intArrayOf(4, 3, 3, 1, 5, 2)) {
            val old = run
            val oldId = run.id
            val kept = minOf(run.count, count)
            run = run.resizePages(count, zeroed = true)
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
        val view = run.asKeptMemorySegment()
        run.retain()
        // It is held twice, so its tail cannot go.
        val shorter = run.resizePages(1)
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
            shouldThrow<InvalidSizeException> { run.resizePages(count) }.size shouldBe count * manager.pageSize
        }
        if (fixture.limited) {
            val other = manager.allocatePages(1)
            shouldThrow<MemoryExhaustedException> { run.resizePages(most) }.requested shouldBe most * manager.pageSize
            other.close()
        }
        run.count shouldBe 2
        run.refCount shouldBe 1
        run.shouldHold(6)
        run.close()
    }
}
