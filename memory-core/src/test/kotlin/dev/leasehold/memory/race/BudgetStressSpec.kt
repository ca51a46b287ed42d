package dev.leasehold.memory.race

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.random.Random

/** Three levels: a root, two budgets, two leaves in each. */
private class Grove(rootLimit: Long, limit: Long) {
    val root = BudgetNode("app", rootLimit, null)
    val budgets = List(2) { BudgetNode("budget $it", limit, root) }
    val leaves = List(4) { BudgetLeaf("pool $it", limit * 3 / 4, budgets[it / 2]) }
    val all: List<BudgetNode> = listOf(root) + budgets + leaves

    /** Runs [work], and checks that meanwhile no node is ever above its limit. */
    fun watched(work: () -> Unit) {
        val done = AtomicBoolean()
        val excess = AtomicReference<String>()
        val looking = CountDownLatch(1)
        val sampler = Thread.ofPlatform().start {
            while (!done.get()) {
                for (node in all) {
                    val used = node.used
                    if (used > node.limit || used < 0) excess.set("${node.path} has $used of ${node.limit}")
                }
                looking.countDown()
            }
        }
        try {
            looking.await()
            work()
        } finally {
            done.set(true)
            sampler.join()
        }
        excess.get() shouldBe null
        for (node in all) node.peak shouldBeLessThanOrEqual node.limit
    }

    fun shouldBeEmpty() {
        for (node in all) node.used shouldBe 0
        for (node in all) node.ownBytes shouldBe 0
        for (leaf in leaves) leaf.isIdle shouldBe true
    }
}

class BudgetStressSpec : FunSpec({
    include(limitsOfBudgets(Effort::times))
})

/** What holds of a tree of budgets however many threads draw on it, in [times] of the usual rounds. */
internal fun limitsOfBudgets(times: (usually: Int) -> Int): TestFactory = funSpec {
    test("no node is ever above its limit, and nothing remains at the end") {
        val grove = Grove(rootLimit = 1000, limit = 700)
        val seed = Effort.seed("budget stress")
        val refused = AtomicLong()
        grove.watched {
            together(4) { worker ->
                val random = Random(seed + worker)
                val held = ArrayDeque<Long>()
                val leaf = grove.leaves[worker]
                repeat(times(200_000)) {
                    val bytes = random.nextLong(1, 200)
                    if (leaf.tryReserve(bytes)) held.addLast(bytes) else refused.incrementAndGet()
                    if (held.size > random.nextInt(6)) leaf.release(held.removeFirst())
                }
                held.forEach(leaf::release)
            }
        }
        refused.get() shouldBeGreaterThan 0
        grove.shouldBeEmpty()
    }

    test("requests that fit together are never refused because of others that do not") {
        // The giant never fits into the root, but would fit everywhere below.
        val grove = Grove(rootLimit = 100, limit = 1000)
        grove.watched {
            together(3) { worker ->
                val leaf = grove.leaves[if (worker == 2) 0 else worker]
                repeat(times(200_000)) {
                    if (worker == 2) {
                        check(!leaf.tryReserve(101))
                    } else {
                        check(leaf.tryReserve(50)) { "refused: ${leaf.refusal}" }
                        leaf.release(50)
                    }
                }
            }
        }
        grove.shouldBeEmpty()
    }

    test("no reservation by an old limit succeeds after the new one is set") {
        val root = BudgetNode("app", 100, null)
        val leaf = BudgetLeaf("pool", 1000, root)
        together(3) { worker ->
            repeat(times(100_000)) {
                if (worker == 0) {
                    root.limit = 100
                    root.limit = 40
                    while (root.used > 40) Thread.onSpinWait()
                    repeat(20) { check(root.used <= 40) { "${root.used} bytes after the limit was lowered" } }
                } else if (leaf.tryReserve(30)) {
                    leaf.release(30)
                }
            }
        }
        root.used shouldBe 0
    }

    test("charges that move about keep every limit and come back to nothing") {
        val grove = Grove(rootLimit = 1000, limit = 700)
        val seed = Effort.seed("budget transfers")
        grove.watched {
            together(4) { worker ->
                val random = Random(seed + worker)
                val leaf = grove.leaves[worker]
                repeat(times(50_000)) {
                    val bytes = random.nextLong(1, 150)
                    if (!leaf.tryReserve(bytes)) return@repeat
                    var charge: Charge? = leaf.transfer(bytes, grove.all[random.nextInt(3)])
                    if (charge != null && random.nextBoolean()) {
                        charge.prepareMove(grove.all[random.nextInt(3)])?.let { next ->
                            if (random.nextBoolean()) {
                                next.commit()
                                charge = next
                            } else {
                                next.cancel()
                            }
                        }
                    }
                    charge?.end()
                    leaf.release(bytes)
                }
            }
        }
        grove.shouldBeEmpty()
    }
}
