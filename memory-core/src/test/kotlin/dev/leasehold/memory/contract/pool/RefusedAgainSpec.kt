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

/** A pool that counts how often its idle memory is taken back, of which there is some as often as it [gives]. */
private class Neighbour : BudgetMember("pool") {
    var searches = 0
    var gives = 0

    override var returns = 0L

    override val isClosed = false

    override fun giveIdleBack() {
        searches++
        if (gives-- > 0) returns++
    }
}

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

    /** Runs [then] with a full pool, and what stands for another pool below the same budget. */
    fun searching(then: (MemoryPool, Neighbour) -> Unit) {
        val above = MemoryBudget.rootOf("above", 4.MiB)
        val neighbour = Neighbour()
        val node = BudgetNode("neighbour", Long.MAX_VALUE, above.node)
        above.node.members.add(node, neighbour) shouldBe true
        node.reserve(1.MiB).shouldBeNull()
        MemoryPool.isolated("full") { budget = above }.use { pool ->
            val leases = generateSequence { pool.tryRentShared(4.KiB) }.toList()
            // The leases themselves were the first to be refused.
            neighbour.searches = 0
            neighbour.returns++
            then(pool, neighbour)
            leases.forEach(SharedLease::close)
        }
        node.giveBack(1.MiB)
        Reference.reachabilityFence(neighbour)
    }

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
        searching { pool, neighbour ->
            // A block of a slab, one whose pages are fewer than its class has, and one with a mapping of its own.
            for (size in listOf(1.KiB, 33.KiB, 2.MiB)) {
                pool.tryRentShared(size).shouldBeNull()
                val before = neighbour.searches
                repeat(10) { pool.tryRentShared(size).shouldBeNull() }
                neighbour.searches shouldBe before
            }
            neighbour.searches shouldBe 1
        }
    }

    test("a neighbour to which something has come back is searched once more, and no other") {
        searching { pool, neighbour ->
            repeat(10) { pool.tryRentShared(1.KiB).shouldBeNull() }
            neighbour.searches shouldBe 1
            neighbour.returns++
            repeat(10) { pool.tryRentShared(1.KiB).shouldBeNull() }
            neighbour.searches shouldBe 2
        }
    }

    test("a neighbour that gives something back at that moment is searched until nothing comes") {
        searching { pool, neighbour ->
            neighbour.gives = 2
            repeat(10) { pool.tryRentShared(1.KiB).shouldBeNull() }
            neighbour.searches shouldBe 3
        }
    }

    /**
     * Two pools share a budget. One fills it up, frees [room] bytes, and then the other does what [prepare] has given.
     * When the first is refused again, nothing may lie idle in the other.
     */
    fun endsWith(room: Long = 0, prepare: (MemoryPool) -> () -> Unit) {
        val above = MemoryBudget("above", 3.MiB)
        MemoryPool.isolated("first") { budget = above }.use { first ->
            val second = MemoryPool.isolated("second") { budget = above }
            val idle = prepare(second)
            val own = generateSequence { first.tryRentShared(4.KiB) }.toMutableList()
            repeat(3) { first.tryRentShared(4.KiB).shouldBeNull() }
            repeat((room / 4.KiB).toInt()) { own.removeLast().close() }
            first.trim()
            idle()
            generateSequence { first.tryRentShared(4.KiB) }.forEach(own::add)
            second.trim() shouldBe 0
            if (room == 0L) (above.used - second.stats().reserved > 3.MiB - 16.KiB) shouldBe true
            own.forEach(SharedLease::close)
        }
    }

    test("a refusal by a budget ends with a close in another pool below it") {
        endsWith { pool -> pool.rentShared(16.KiB).let { { it.close() } } }
    }

    test("a refusal by a budget ends with a close on another thread") {
        endsWith { pool -> pool.rentShared(16.KiB).let { { onThread { it.close() } } } }
    }

    test("a refusal by a budget ends with a close on a virtual thread") {
        endsWith { pool -> pool.rentShared(16.KiB).let { { Thread.ofVirtual().start { it.close() }.join() } } }
    }

    test("a refusal by a budget ends with a close of what was viewed, though the view keeps it in quarantine") {
        endsWith { pool ->
            val lease = pool.rentShared(16.KiB)
            lease.keptSegment.setByte(0, 1);
            { lease.close() }
        }
    }

    test("a refusal by a budget ends with a close of a large block in another pool") {
        endsWith { pool -> pool.rentShared(2.MiB).let { { it.close() } } }
    }

    test("a refusal by a budget ends with what a thread leaves in its cache") {
        endsWith(room = 256.KiB) { pool -> { onThread { pool.rentShared(16.KiB).close() } } }
    }

    test("a refusal by a budget ends with what was fetched together with a block") {
        endsWith(room = 256.KiB) { pool -> { pool.rentShared(4.KiB) } }
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
