package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.BudgetClosedException
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.BudgetInUseException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

/** Two branches below one root, and a manager on the first of them. */
private class PaidBlocks(
    fromLimit: Long = 32.MiB,
    toLimit: Long = 32.MiB,
    configure: ManagerOptions.() -> Unit = {},
) {
    val app = MemoryBudget.rootOf("app", 64.MiB)
    val from = MemoryBudget("from", fromLimit, app)
    val to = MemoryBudget("to", toLimit, app)
    val manager = SystemMemoryManager("manager") {
        budget = from
        configure()
    }

    fun used(): List<Long> = listOf(app.used, from.used, to.used)

    fun end() {
        manager.stats().blocks shouldBe 0
        manager.close()
        await("all is back: $manager") { app.used == 0L }
        used().shouldContainExactly(0L, 0L, 0L)
        from.close()
        to.close()
    }
}

class BlockTransferSpec : FunSpec({
    // What is requested, and what a block of it is.
    val kinds = mapOf(
        "a small block" to (1000L to 1024L),
        "a span" to (40_000L to 40.KiB),
        "a mapping" to (3.MiB to 3.MiB),
    )
    for ((kind, sizes) in kinds) {
        val (size, bytes) = sizes
        for (viewed in listOf(false, true)) {
            for (elsewhere in listOf(false, true)) {
                val how = (if (viewed) " with views" else "") + if (elsewhere) ", closed elsewhere" else ""
                test("$kind$how stays where and whose it is, and another budget pays until it ends") {
                    val paid = PaidBlocks()
                    val block = paid.manager.allocate(size)
                    val view = if (viewed) block.asKeptMemorySegment() else null
                    block.withSegment { it.setLong(8, 4711) }
                    val total = paid.app.used
                    val address = block.address
                    block.transferTo(paid.to)
                    paid.used().shouldContainExactly(total, total - bytes, bytes)
                    block.address shouldBe address
                    block.manager shouldBe paid.manager
                    block.refCount shouldBe 1
                    block.withSegment { it.getLong(8) } shouldBe 4711
                    view?.get(JAVA_BYTE, 0)
                    paid.manager.stats().used shouldBe bytes
                    paid.manager.stats().shouldAddUp()
                    // On, and on to where it is, and back.
                    block.transferTo(paid.app)
                    paid.used().shouldContainExactly(total, total - bytes, 0L)
                    block.transferTo(paid.to)
                    block.transferTo(paid.to)
                    paid.used().shouldContainExactly(total, total - bytes, bytes)
                    block.transferTo(paid.from)
                    paid.used().shouldContainExactly(total, total, 0L)
                    block.transferTo(paid.to)
                    if (elsewhere) onThread { block.close() } else block.close()
                    paid.to.used shouldBe 0
                    paid.app.used shouldBe paid.from.used
                    paid.manager.stats().used shouldBe 0
                    shouldThrow<BlockClosedException> { block.transferTo(paid.to) }
                    paid.manager.trim()
                    paid.app.used shouldBe 0
                    paid.end()
                }
            }
        }
    }

    test("a transfer that is refused changes nothing, and says of which block") {
        val paid = PaidBlocks(toLimit = 4096)
        val block = paid.manager.allocate(8192)
        val before = paid.used()
        val refusal = shouldThrow<BudgetExceededException> { block.transferTo(paid.to) }
        (refusal.message!!.contains("a block of 8,192 bytes from manager 'manager'")) shouldBe true
        paid.used() shouldBe before
        val ended = MemoryBudget("ended", 1.MiB, paid.app).apply { close() }
        shouldThrow<BudgetClosedException> { block.transferTo(ended) }
        val stranger = MemoryBudget.rootOf("stranger", 1.MiB)
        shouldThrow<MemoryConfigurationException> { block.transferTo(stranger) }
        paid.used() shouldBe before
        block.withSegment { it.setLong(0, 1) }
        block.refCount shouldBe 1
        block.close()
        paid.end()
    }

    test("blocks without bytes cost nothing") {
        val paid = PaidBlocks()
        val block = paid.manager.allocate(0)
        block.transferTo(paid.to)
        paid.used().shouldContainExactly(0L, 0L, 0L)
        block.close()
        paid.end()
    }

    test("a block that moves when it is resized is paid for by its manager again, and one that stays is not") {
        val paid = PaidBlocks()
        for ((from, within, beyond) in listOf(
            Triple(1000L, 1020L, 5000L),
            Triple(40_000L, 40_500L, 3.MiB),
            Triple(
                3.MiB,
                3.MiB - 10,
                5.MiB,
            ),
        )) {
            val block = paid.manager.allocate(from)
            block.withSegment { it.setLong(0, 4711) }
            block.transferTo(paid.to)
            val charged = paid.to.used
            (block.resize(within) === block) shouldBe true
            block.size shouldBe within
            paid.to.used shouldBe charged
            val next = block.resize(beyond)
            (next === block) shouldBe false
            next.withSegment { it.getLong(0) } shouldBe 4711
            block.isClosed shouldBe true
            paid.to.used shouldBe 0
            paid.app.used shouldBe paid.from.used
            next.close()
        }
        paid.end()
    }

    test("a block that others hold is paid for until the last of them closes") {
        val paid = PaidBlocks()
        val block = paid.manager.allocate(1000).retain()
        block.transferTo(paid.to)
        block.close()
        paid.to.used shouldBe 1024
        onThread { block.withSegment { block.close() } }
        paid.to.used shouldBe 0
        paid.end()
    }

    test("a manager may be closed while another budget pays for its blocks") {
        val paid = PaidBlocks()
        val block = paid.manager.allocate(3.MiB)
        block.transferTo(paid.to)
        shouldThrow<OutstandingBlocksException> { paid.manager.close() }
        paid.used().shouldContainExactly(3.MiB, 0L, 3.MiB)
        shouldThrow<BudgetInUseException> { paid.to.close() }
        block.close()
        paid.used().shouldContainExactly(0L, 0L, 0L)
        paid.end()
    }

    test("the owner's quick closes afterwards count each block once") {
        val paid = PaidBlocks()
        repeat(2000) { round ->
            val block = paid.manager.allocate(64)
            if (round % 3 == 0) block.transferTo(paid.to)
            if (round % 2 == 0) block.withSegment { it.setLong(0, 1) }
            block.close()
            if (round % 3 == 0) paid.to.used shouldBe 0
        }
        paid.manager.stats().allocations shouldBe 2000
        paid.manager.stats().used shouldBe 0
        paid.end()
    }

    test("a transfer and a last close race, and nothing is lost or counted twice") {
        val paid = PaidBlocks()
        val won = AtomicLong()
        val lost = AtomicLong()
        repeat(Effort.times(300)) { round ->
            val block = paid.manager.allocate(if (round % 3 == 0) 40_000 else 1000)
            if (round % 2 == 0) block.keptSegment.size shouldBe block.size
            together(3, virtual = round % 5 == 0) { worker ->
                repeat(round % 20) { Thread.onSpinWait() }
                if (worker == 0) {
                    block.close()
                } else {
                    try {
                        block.transferTo(if (worker == 1) paid.to else paid.app)
                        won.incrementAndGet()
                    } catch (_: BlockClosedException) {
                        lost.incrementAndGet()
                    } catch (_: MemoryBusyException) {
                        lost.incrementAndGet()
                    }
                }
            }
            paid.to.used shouldBe 0
            paid.app.used shouldBe paid.from.used
            paid.manager.stats().used shouldBe 0
        }
        println("$won transfers won, $lost lost")
        (won.get() + lost.get()) shouldBeGreaterThan 100L
        paid.end()
    }

    test("blocks that many threads move between budgets, resize and close end with every byte in its place") {
        val paid = PaidBlocks(fromLimit = 2.MiB, toLimit = 1.MiB)
        val seed = Effort.seed("paid blocks")
        val budgets = listOf(paid.app, paid.from, paid.to)
        val refused = AtomicLong()
        val done = AtomicLong()
        together(4) { worker ->
            val random = Random(seed + worker)
            repeat(Effort.times(2_000)) {
                var block: Block? = null
                try {
                    block = paid.manager.allocate(random.nextLong(1, 200_000))
                    if (random.nextInt(3) == 0) block.keptSegment.size shouldBe block.size
                    repeat(2) { block.transferTo(budgets.random(random)) }
                    if (random.nextInt(3) == 0) block = block.resize(random.nextLong(1, 200_000))
                    done.incrementAndGet()
                } catch (_: MemoryExhaustedException) {
                    refused.incrementAndGet()
                } finally {
                    block?.close()
                }
                for (budget in budgets) check(budget.used in 0..budget.limit) { "$budget" }
            }
        }
        println("$done went through, $refused were refused")
        done.get() shouldBeGreaterThan 100L
        paid.end()
    }
})
