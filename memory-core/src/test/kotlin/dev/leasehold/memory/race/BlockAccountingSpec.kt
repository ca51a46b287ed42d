package dev.leasehold.memory.race

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

class BlockAccountingSpec : FunSpec({
    include(accountingOfManagers(Effort::times))
})

/** [accountingOfPools] for managers, whose blocks are also retained. */
internal fun accountingOfManagers(times: (usually: Int) -> Int): TestFactory = funSpec {
    val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "without a limit" to {},
        "at its limit" to { limit = 512.KiB },
        "that keeps little idle" to { idleBound = 64.KiB },
        "with a tiny quarantine" to {
            quarantineBytes = 32.KiB
            quarantineBlocks = 16
        },
        "without quarantine" to { quarantineBytes = 0 },
    )
    for ((kind, configure) in managers) {
        for (virtual in listOf(false, true)) {
            val threads = if (virtual) "virtual" else "platform"
            test("a manager $kind gives every block to one owner at a time, and all end once, on $threads threads") {
                val manager = SystemMemoryManager("accounts", configure)
                val accounting = Accounting(
                    Lender.blocks(manager),
                    Lender.viewedBlocks(manager),
                    Effort.seed("accounting of a manager $kind"),
                ) { random -> if (random.nextBoolean()) manager.trim() else manager.stats().shouldAddUp() }
                accounting.run(threads = 6, times(3_000), virtual)
                accounting.served.get() shouldBeGreaterThan 1000
                manager.stats().used shouldBe 0
                manager.stats().blocks shouldBe 0
                manager.stats().allocations shouldBe accounting.served.get()
                manager.trim()
                manager.stats().quarantined shouldBe 0
                manager.stats().reserved shouldBe 0
                manager.stats().peak shouldBeLessThanOrEqualTo manager.limit
                manager.close()
            }
        }
    }

    for (virtual in listOf(false, true)) {
        val threads = if (virtual) "virtual" else "platform"
        test("references that $threads threads hand on are all counted, and each block is freed with its last") {
            val manager = SystemMemoryManager("references")
            val seed = Effort.seed("references")
            val passed = ConcurrentLinkedQueue<Block>()
            val waiting = AtomicInteger()
            val freed = AtomicInteger()
            fun release(block: Block) {
                block.withSegment { check(it.getLong(0) == block.address) { "$block holds another block's bytes" } }
                block.close()
            }
            val rounds = times(3_000)
            together(5, virtual) { worker ->
                val random = Random(seed + worker)
                repeat(rounds) {
                    if (waiting.get() < 200) {
                        val block = manager.allocate(random.nextLong(8, 3000))
                        block.withSegment { it.setLong(0, block.address) }
                        repeat(random.nextInt(4)) {
                            waiting.incrementAndGet()
                            passed.add(block.retain())
                        }
                        release(block)
                        freed.incrementAndGet()
                    }
                    passed.poll()?.let { taken ->
                        waiting.decrementAndGet()
                        taken.retain()
                        release(taken)
                        release(taken)
                    }
                }
            }
            generateSequence(passed::poll).forEach(::release)
            freed.get() shouldBeGreaterThan 1000
            manager.stats().blocks shouldBe 0
            manager.stats().used shouldBe 0
            manager.stats().allocations shouldBe freed.get().toLong()
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("the last close races retain, and the first wins, once") {
        val manager = SystemMemoryManager("last") { limit = 1.MiB }
        val shown = AtomicLong()
        val slots = java.util.concurrent.atomic.AtomicReferenceArray<Block?>(4)
        val done = AtomicBoolean()
        val won = AtomicLong()
        together(3) { worker ->
            try {
                val deadline = System.nanoTime() + times(400) * 1_000_000L
                fun isEarly() = System.nanoTime() < deadline || shown.get() <= 1000 || won.get() == 0L
                while (worker == 0 && !done.get() && isEarly()) {
                    val slot = (shown.getAndIncrement() % 4).toInt()
                    val block = manager.allocate(48)
                    block.withSegment { it.setLong(0, block.address) }
                    slots.getAndSet(slot, block)?.close()
                }
                val random = Random(worker)
                while (worker > 0 && !done.get()) {
                    val block = slots.get(random.nextInt(4)) ?: continue
                    if (!block.tryRetain()) continue
                    won.incrementAndGet()
                    block.withSegment { check(it.getLong(0) == block.address) { "$block was freed while it was held" } }
                    block.close()
                }
            } finally {
                done.set(true)
            }
        }
        for (slot in 0 until 4) slots.get(slot)?.close()
        manager.stats().allocations shouldBe shown.get()
        manager.stats().blocks shouldBe 0
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("reserved bytes never pass a manager's limit, and no figure is negative, whenever they are looked at") {
        val seed = Effort.seed("limits of managers")
        for (limit in longArrayOf(4096, 5000, 65_536, 1_000_000)) {
            val manager = SystemMemoryManager("bounded") { this.limit = limit }
            val done = AtomicBoolean()
            val looking = CountDownLatch(1)
            together(5) { worker ->
                if (worker == 4) {
                    try {
                        while (!done.get()) {
                            manager.stats().shouldAddUp()
                            looking.countDown()
                        }
                    } finally {
                        looking.countDown()
                    }
                    return@together
                }
                looking.await()
                val random = Random(seed + worker)
                val lender = if (worker % 2 == 0) Lender.blocks(manager) else Lender.viewedBlocks(manager)
                try {
                    repeat(times(150)) {
                        val held = List(2) { lender.lend(random.nextLong(manager.maxAllocation / 2 + 1)) }
                        if (random.nextInt(100) == 0) manager.trim()
                        held.forEach { it?.end() }
                    }
                } finally {
                    if (worker == 0) done.set(true)
                }
            }
            manager.stats().peak shouldBeLessThanOrEqualTo limit
            manager.stats().used shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("no figure is negative while every block is freed on another thread") {
        val manager = SystemMemoryManager("travelling")
        val passed = java.util.concurrent.SynchronousQueue<Block>()
        val done = AtomicBoolean()
        val rounds = times(20_000)
        together(3) { worker ->
            when (worker) {
                0 -> repeat(rounds) { passed.put(manager.allocate(64)) }

                1 -> try {
                    repeat(rounds) { passed.take().close() }
                } finally {
                    done.set(true)
                }

                else -> while (!done.get()) manager.stats().shouldAddUp()
            }
        }
        manager.stats().blocks shouldBe 0
        manager.close()
    }

    test("whatever was allocated while the manager was being closed frees its memory when it ends") {
        repeat(times(100)) { round ->
            val manager = SystemMemoryManager("closing")
            together(4, virtual = round % 2 == 0) { worker ->
                if (worker == 0) {
                    repeat(round % 50) { Thread.onSpinWait() }
                    runCatching {
                        manager.close()
                    }.exceptionOrNull()?.let { check(it is OutstandingBlocksException) { it } }
                } else {
                    try {
                        repeat(10_000) {
                            manager.allocate(256).use { if (worker == 1) check(it.keptSegment.size == 256L) }
                        }
                    } catch (_: ManagerClosedException) {
                        // The end that this waits for.
                    }
                }
            }
            await("all memory of a closed manager is back: $manager") { manager.stats().reserved == 0L }
            manager.stats().blocks shouldBe 0
        }
    }
}
