package dev.leasehold.memory

import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class PageModelSpec : FunSpec({
    val steps = Effort.times(4_000)
    val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "of one's own" to {},
        "with a limit" to { limit = 2.MiB },
        "that keeps nothing idle" to { idleBound = 0 },
        "without quarantine" to { quarantineBytes = 0 },
        "within a budget" to { budget = MemoryBudget("model", 3.MiB) },
    )
    for ((kind, configure) in managers) {
        test("runs of a manager $kind are at every step what a list of pages says that they are") {
            val manager = SystemMemoryManager("model", configure)
            val model = PageModel(manager, Effort.seed("runs of a manager $kind against their model"))
            model.use { it.run(steps) }
            model.inPlace shouldBeGreaterThan 0
            model.moves shouldBeGreaterThan 0
            val bounded = manager.limit < 1.GiB || manager.budget.limit < 1.GiB
            if (bounded) model.refusals shouldBeGreaterThan 0 else model.refusals shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
            if (manager.budget !== MemoryBudget.root()) manager.budget.close()
        }
    }

    test("the model finds an id that leads to another run") {
        SystemMemoryManager("mistaken").use { manager ->
            val failure = shouldThrow<AssertionError> { PageModel(Mistaken(manager), 1).run(5_000) }
            failure.message.shouldNotBeNull() shouldContain "after step"
            // What the model had then is still allocated.
            shouldThrow<OutstandingBlocksException> { manager.close() }
        }
    }
})

/** Broken: now and then it finds the run that was allocated before the one that has the page. */
private class Mistaken(private val real: MemoryManager) : MemoryManager("mistaken") {
    private var before: Long = 0
    private var finds = 0

    override val budget: MemoryBudget get() = real.budget
    override val limit: Long get() = real.limit
    override val maxAllocation: Long get() = real.maxAllocation
    override val isClosed: Boolean get() = real.isClosed
    override val pageSize: Long get() = real.pageSize

    override fun allocate(size: Long): Block = real.allocate(size)

    override fun allocate(size: Long, alignment: Long): Block = real.allocate(size, alignment)

    override fun allocatePages(count: Int): PageRun = real.allocatePages(count).also { before = it.id }

    override fun findPages(id: Long): PageRun? = real.findPages(if (++finds % 50 == 0) before else id)

    override fun allocateZeroed(size: Long): Block = real.allocateZeroed(size)

    override fun allocateZeroed(size: Long, alignment: Long): Block = real.allocateZeroed(size, alignment)

    override fun clear() = real.clear()

    override fun stats(): ManagerStatistics = real.stats()

    override fun trim(): Long = real.trim()

    override fun close() = real.close()
}
