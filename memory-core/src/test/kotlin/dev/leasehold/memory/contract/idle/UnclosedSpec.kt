package dev.leasehold.memory.contract.idle

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.contract.platform.collectUntil
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.logged
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

/** A pool or manager that became garbage without a close is closed, and that is said once. */
class UnclosedSpec : FunSpec({
    val end = "; close it when its work ends"

    fun ended(budget: MemoryBudget, messages: Collection<String>) = collectUntil("$budget is given back") {
        budget.used == 0L && messages.isNotEmpty()
    }

    val kinds = listOf<Pair<String, (MemoryBudget) -> MemoryPool>>(
        "an isolated pool" to { parent -> MemoryPool.isolated("dropped") { budget = parent } },
        "a pool that keeps nothing idle" to { parent ->
            MemoryPool.isolated("dropped") {
                budget = parent
                idleBound = 0
            }
        },
        "a pool that traces sites" to { parent ->
            MemoryPool.isolated("dropped") {
                budget = parent
                traceSites = true
            }
        },
        "a fixed pool" to { parent -> MemoryPool.fixed("dropped", 4.KiB, 80) { budget = parent } },
    )
    val gone = "UNCLOSED: pool 'dropped' became garbage without a close: its idle memory went back to the system"
    for ((kind, make) in kinds) {
        test("$kind that nothing refers to is unmapped, uncharged, and reported once") {
            val budget = MemoryBudget("of dropped", 64.MiB)
            logged("'dropped'") { messages ->
                usedOnce(make(budget))
                ended(budget, messages)
                repeat(3) {
                    System.gc()
                    Thread.sleep(20)
                }
            } shouldBe listOf("$gone$end")
            budget.close()
        }
    }

    test("what was leased and never closed is counted, and stays mapped") {
        val budget = MemoryBudget("of dropped", 64.MiB)
        logged("'dropped'") { messages ->
            loseLeases(budget)
            collectUntil("it is reported") { messages.isNotEmpty() }
        } shouldBe listOf("$gone, and 2 leases of 4,608 bytes were never closed$end")
        budget.used shouldBeGreaterThan 0
    }

    test("an open lease keeps its pool, which goes on") {
        val budget = MemoryBudget("of dropped", 64.MiB)
        logged("'dropped'") { messages ->
            val lease = MemoryPool.isolated("dropped") { this.budget = budget }.rentShared(100)
            repeat(3) {
                System.gc()
                Thread.sleep(20)
            }
            messages.size shouldBe 0
            lease.pool.rent(100).close()
            lease.close()
            lease.pool.close()
        } shouldBe emptyList()
    }

    test("a manager that nothing refers to is unmapped, uncharged, and reported once, also after a clear") {
        val budget = MemoryBudget("of dropped", 64.MiB)
        logged("'dropped'") { messages ->
            clearedOnce(SystemMemoryManager("dropped") { this.budget = budget })
            ended(budget, messages)
        } shouldBe listOf(gone.replace("pool", "manager") + end)
        budget.close()
    }

    test("a manager of a file that nothing refers to lets go of it") {
        MappedFiles.withPath { path ->
            val budget = MemoryBudget("of dropped", 64.MiB)
            logged("manager 'file' became garbage") { messages ->
                usedOnce(MappedMemoryManager.create(path) { this.budget = budget })
                ended(budget, messages)
            }.size shouldBe 1
            MappedMemoryManager.open(path).close()
        }
    }

    test("a pool that was closed is not reported, nor are its leases that are closed later") {
        val budget = MemoryBudget("of dropped", 64.MiB)
        logged("'dropped'") {
            usedOnce(MemoryPool.isolated("dropped") { this.budget = budget }, MemoryPool::close)
            repeat(3) {
                System.gc()
                Thread.sleep(20)
            }
        } shouldBe emptyList()
    }
}) {
    // In functions of their own, so that no frame refers to them afterwards.
    private companion object {
        fun usedOnce(pool: MemoryPool, end: (MemoryPool) -> Unit = {}) {
            pool.rent(1000).use { it.segment.fill(1) }
            pool.rentShared(4000).use { lease -> lease.keptSegment.fill(1) }
            end(pool)
        }

        fun usedOnce(manager: MemoryManager) = manager.allocate(1000).use { it.withSegment { bytes -> bytes.fill(1) } }

        fun clearedOnce(manager: MemoryManager) {
            usedOnce(manager)
            manager.clear()
            usedOnce(manager)
        }

        fun loseLeases(budget: MemoryBudget) {
            val pool = MemoryPool.isolated("dropped") { this.budget = budget }
            pool.rent(500)
            pool.rentShared(4000)
        }
    }
}
