package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.ref.Reference

/** A pool remembers what its limit has refused, and whatever makes room puts an end to that. */
class RefusedAgainSpec : FunSpec({
    /** Fills a pool of 64 KiB with leases of [size] bytes, sees some refused, and runs [then]. */
    fun refusing(size: Long = 1.KiB, then: (MemoryPool, MutableList<SharedLease>) -> Unit) =
        MemoryPool.isolated("full") { limit = 64.KiB }.use { pool ->
            val leases = generateSequence { pool.tryRentShared(size) }.toMutableList()
            repeat(3) { pool.tryRentShared(size).shouldBeNull() }
            then(pool, leases)
            leases.forEach(SharedLease::close)
            pool.stats().used shouldBe 0
        }

    fun MemoryPool.shouldServe(size: Long) = tryRentShared(size).shouldNotBeNull().close()

    test("a close makes room") {
        refusing { pool, leases ->
            leases.removeLast().close()
            pool.shouldServe(1.KiB)
        }
    }

    test("a close on another thread makes room") {
        refusing { pool, leases ->
            onThread { leases.removeLast().close() }
            pool.shouldServe(1.KiB)
        }
    }

    test("a close whose kept view was taken before makes room") {
        MemoryPool.isolated("viewed") { limit = 64.KiB }.use { pool ->
            val viewed = pool.rentShared(1.KiB)
            viewed.keptSegment.setByte(0, 1)
            val leases = generateSequence { pool.tryRentShared(1.KiB) }.toList()
            repeat(3) { pool.tryRentShared(1.KiB).shouldBeNull() }
            viewed.close()
            pool.shouldServe(1.KiB)
            leases.forEach(SharedLease::close)
        }
    }

    test("a smaller request is served where a larger one was refused") {
        refusing(size = 1.KiB) { pool, leases ->
            pool.tryRentShared(16.KiB).shouldBeNull()
            leases.removeLast().close()
            pool.tryRentShared(16.KiB).shouldBeNull()
            pool.shouldServe(1.KiB)
        }
    }

    test("a larger request is served once enough has come back, also above all size classes") {
        MemoryPool.isolated("large") { limit = 8.MiB }.use { pool ->
            val leases = generateSequence { pool.tryRentShared(1.MiB) }.toMutableList()
            repeat(3) { pool.tryRentShared(2.MiB).shouldBeNull() }
            leases.removeLast().close()
            repeat(3) { pool.tryRentShared(2.MiB).shouldBeNull() }
            leases.removeLast().close()
            pool.shouldServe(2.MiB)
            leases.forEach(SharedLease::close)
        }
    }

    test("a lease that is moved to another budget makes room") {
        refusing(size = 4.KiB) { pool, leases ->
            val other = MemoryBudget("other", 1.MiB)
            leases.add(leases.removeFirst().transferTo(other))
            pool.shouldServe(4.KiB)
        }
    }

    test("a budget above that gets more room serves at once") {
        val above = MemoryBudget("above", 64.KiB)
        MemoryPool.isolated("below") { budget = above }.use { pool ->
            val leases = generateSequence { pool.tryRentShared(1.KiB) }.toList()
            repeat(3) { pool.tryRentShared(1.KiB).shouldBeNull() }
            above.limit = 128.KiB
            pool.shouldServe(1.KiB)
            leases.forEach(SharedLease::close)
        }
    }

    test("what lies idle in another pool below the same budget is found at every request") {
        val above = MemoryBudget("above", 64.KiB)
        MemoryPool.isolated("first") { budget = above }.use { first ->
            MemoryPool.isolated("second") { budget = above }.use { second ->
                val own = generateSequence { first.tryRentShared(1.KiB) }.take(8).toList()
                val others = generateSequence { second.tryRentShared(1.KiB) }.toMutableList()
                repeat(20) {
                    repeat(3) { first.tryRentShared(4.KiB).shouldBeNull() }
                    repeat(16) { others.removeLast().close() }
                    first.shouldServe(4.KiB)
                    first.trim()
                    generateSequence { second.tryRentShared(1.KiB) }.forEach(others::add)
                }
                own.forEach(SharedLease::close)
                others.forEach(SharedLease::close)
            }
        }
    }

    test("a budget that only this pool draws on refuses again without a search, in the same words") {
        val root = MemoryBudget.rootOf("root", 1.MiB)
        val above = MemoryBudget("above", 64.KiB, MemoryBudget("middle", 512.KiB, root))
        MemoryPool.isolated("alone") { budget = above }.use { pool ->
            for (size in listOf(1.KiB, 16.KiB)) {
                val leases = generateSequence { pool.tryRentShared(size) }.toMutableList()
                val messages = List(4) { shouldThrow<BudgetExceededException> { pool.rentShared(size) }.message }
                messages.toSet().size shouldBe 1
                messages.first()!! shouldContain "above"
                leases.removeLast().close()
                pool.shouldServe(size)
                leases.forEach(SharedLease::close)
            }
        }
    }

    test("a refusal that is kept searches nowhere, whatever the size") {
        val above = MemoryBudget.rootOf("above", 4.MiB)
        var searches = 0
        val neighbour = object : BudgetMember("pool") {
            override val isClosed = false

            override fun giveIdleBack() {
                searches++
            }
        }
        above.node.members.add(BudgetNode("neighbour", Long.MAX_VALUE, above.node), neighbour) shouldBe true
        MemoryPool.isolated("alone") { budget = above }.use { pool ->
            val leases = generateSequence { pool.tryRentShared(4.KiB) }.toList()
            // A block of a slab, one whose pages are fewer than its class has, and one with a mapping of its own.
            for (size in listOf(1.KiB, 33.KiB, 2.MiB)) {
                pool.tryRentShared(size).shouldBeNull()
                val before = searches
                repeat(10) { pool.tryRentShared(size).shouldBeNull() }
                searches shouldBe before
            }
            (searches > 0) shouldBe true
            leases.forEach(SharedLease::close)
        }
        Reference.reachabilityFence(neighbour)
    }

    test("another pool that comes below the same budget puts an end to that") {
        val above = MemoryBudget("above", 64.KiB)
        MemoryPool.isolated("first") { budget = above }.use { first ->
            MemoryPool.isolated("second") { budget = above }.use { second ->
                val own = generateSequence { first.tryRentShared(4.KiB) }.toMutableList()
                repeat(3) { first.tryRentShared(4.KiB).shouldBeNull() }
                repeat(4) { own.removeLast().close() }
                first.trim()
                second.rentShared(16.KiB).close()
                first.shouldServe(16.KiB)
                own.forEach(SharedLease::close)
            }
        }
    }

    test("the refusal says the same each time") {
        refusing { pool, _ ->
            val messages = List(4) { shouldThrow<MemoryExhaustedException> { pool.rentShared(1.KiB) }.message }
            messages.toSet().size shouldBe 1
            messages.first()!! shouldContain "pool 'full'"
            pool.tryRent(1.KiB).shouldBeNull()
        }
    }
})
