package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.Effort
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.ArrayBlockingQueue

/** As many open as the limit allows; then the oldest is closed, and the next is taken, again and again. */
class LimitLoopSpec : FunSpec({
    include(limitLoops(Effort::times))
})

/** The loops at the limit of every kind of memory, in [times] of the usual turns. */
internal fun limitLoops(times: (usually: Int) -> Int): TestFactory = funSpec {
    for (kind in KINDS) {
        test("${kind.name}: where one was closed at the limit one can be taken at once") {
            kind.use { memory ->
                val open = ArrayDeque<MemoryHolder>()
                while (true) open.addLast(memory.take() ?: break)
                val most = open.size
                most shouldBeGreaterThan 1
                memory.used() shouldBeLessThanOrEqualTo kind.limit
                repeat(times(kind.turns)) { turn ->
                    open.removeFirst().close()
                    val next = checkNotNull(memory.take()) { "turn $turn: nothing to take, ${open.size} of $most open" }
                    next.withSegment { it.setByte(0, turn.toByte()) }
                    open.addLast(next)
                    if (turn % 64 == 0) check(memory.take() == null) { "turn $turn: more than $most can be open" }
                }
                memory.used() shouldBeLessThanOrEqualTo kind.limit
                open.forEach(MemoryHolder::close)
                memory.used() shouldBe 0
            }
        }

        test("${kind.name}: also where another thread closes what one takes") {
            kind.use { memory ->
                val first = generateSequence { memory.take() }.toList()
                val belts = List(2) { ArrayBlockingQueue<MemoryHolder>(first.size) }
                first.forEachIndexed { index, holder -> belts[index % 2].put(holder) }
                val turns = times(kind.turns / 10)
                together(2) { me ->
                    repeat(turns) { turn ->
                        // The other's oldest.
                        belts[1 - me].poll()?.close() ?: return@repeat
                        // Both may have closed one, and one of them taken what it takes two to.
                        val next = memory.take() ?: return@repeat
                        next.withSegment { it.setByte(0, turn.toByte()) }
                        belts[me].put(next)
                    }
                }
                belts.forEach { belt -> belt.forEach(MemoryHolder::close) }
                memory.used() shouldBe 0
                val again = generateSequence { memory.take() }.toList()
                again.size shouldBe first.size
                again.forEach(MemoryHolder::close)
            }
        }
    }
}

/** What the loop needs of a pool or a manager. */
private class Memory(val take: () -> MemoryHolder?, val used: () -> Long)

private class Kind(val name: String, val limit: Long, val turns: Int, val use: ((Memory) -> Unit) -> Unit)

private fun pooled(name: String, size: Long, limit: Long, turns: Int, make: () -> MemoryPool) =
    Kind(name, limit, turns) { body ->
        make().use { pool -> body(Memory({ pool.tryRentShared(size) }, { pool.stats().used })) }
    }

private fun managed(name: String, size: Long, limit: Long, turns: Int, make: () -> MemoryManager) =
    Kind(name, limit, turns) { body ->
        make().use { manager -> body(Memory({ manager.allocateOrNull(size) }, { manager.stats().used })) }
    }

private fun MemoryManager.allocateOrNull(size: Long) = try {
    allocate(size)
} catch (_: MemoryExhaustedException) {
    null
}

private val KINDS = listOf(
    pooled("small leases", 1.KiB, 256.KiB, 100_000) { MemoryPool.isolated("small") { limit = 256.KiB } },
    pooled("leases of some pages", 64.KiB, 1.MiB, 20_000) { MemoryPool.isolated("pages") { limit = 1.MiB } },
    pooled("leases with a mapping each", 2.MiB, 8.MiB, 2_000) { MemoryPool.isolated("large") { limit = 8.MiB } },
    pooled("chunks", 1.KiB, 64.KiB, 100_000) { MemoryPool.fixed("chunks", 1.KiB, 64) },
    pooled("leases below a budget", 1.KiB, 256.KiB, 100_000) {
        MemoryPool.isolated("budgeted") { budget = MemoryBudget("loop", 256.KiB) }
    },
    pooled("traced leases", 1.KiB, 64.KiB, 2_000) {
        MemoryPool.isolated("traced") {
            limit = 64.KiB
            traceSites = true
        }
    },
    managed("small blocks", 1.KiB, 256.KiB, 100_000) { SystemMemoryManager("small") { limit = 256.KiB } },
    managed("large blocks", 2.MiB, 8.MiB, 2_000) { SystemMemoryManager("large") { limit = 8.MiB } },
)
