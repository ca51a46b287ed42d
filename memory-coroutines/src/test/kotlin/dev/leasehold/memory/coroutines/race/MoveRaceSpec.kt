package dev.leasehold.memory.coroutines.race

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicReference

class MoveRaceSpec : FunSpec({
    test("a scope that a lease has left takes nothing out of the scope where it is now") {
        over("stale", 1000) { pool ->
            lateinit var neighbour: SharedLease
            lateinit var moved: SharedLease
            memoryScope(pool) {
                val from = this
                val own = rent(10)
                moved = rent(10)
                memoryScope(pool) {
                    neighbour = rent(10)
                    moved.move(this)
                    // As a close does that began when the lease was still there.
                    from.ledger.remove(Grant.of(moved)!!) shouldBe false
                }
                neighbour.isClosed shouldBe true
                moved.isClosed shouldBe true
                own.isClosed shouldBe false
                ledger.heldOf(pool.lender.line) shouldBe 10
            }
        }
    }

    test("moves, closes and ends of one lease at once lose neither it nor its neighbours") {
        over("race", 1000) { pool ->
            repeat(Effort.times(1500)) { round ->
                lateinit var neighbours: List<SharedLease>
                withContext(Dispatchers.Default) {
                    memoryScope(pool) {
                        val outer = this
                        val lease = rent(8)
                        neighbours = List(2) { rent(8) }
                        memoryScope(pool) {
                            val inner = this
                            neighbours += List(2) { rent(8) }
                            launch { unlessClosed { lease.move(inner) } }
                            launch { unlessClosed { lease.move(outer) } }
                            if (round % 2 == 0) launch { lease.close() }
                            if (round % 3 == 0) unlessClosed { lease.move(outer) }
                        }
                        neighbours.map { it.isClosed } shouldBe listOf(false, false, true, true)
                    }
                }
                neighbours.all { it.isClosed } shouldBe true
                pool.stats().used shouldBe 0
            }
        }
    }

    test("of a move and the completion of the lease's job, one wins") {
        over("job", 1000) { pool ->
            val job = AtomicReference<CompletableJob?>()
            val completer = Thread.ofPlatform().daemon().start {
                while (!Thread.interrupted()) job.get()?.let { if (it.complete()) job.set(null) } ?: Thread.yield()
            }
            var moves = 0
            repeat(Effort.times(2500)) { round ->
                val next = Job()
                val lease = pool.leaseIn(next, 8)
                job.set(next)
                repeat(round % 64) { Thread.onSpinWait() }
                val moved = unlessClosed { lease.move() }
                while (job.get() != null) Thread.yield()
                if (moved) lease.isClosed shouldBe false
                if (moved) moves++
                lease.close()
            }
            completer.interrupt()
            completer.join()
            moves shouldBeGreaterThan 0
        }
    }

    test("of an end of a scope and a move out of it, one wins") {
        over(MemoryPool.isolated("end"), 1000) { pool ->
            repeat(Effort.times(1500)) {
                lateinit var lease: SharedLease
                withContext(Dispatchers.Default) {
                    val outside = this
                    val mover = memoryScope(pool) {
                        lease = rent(8)
                        outside.launch { if (unlessClosed { lease.move() }) lease.isClosed shouldBe false }
                    }
                    mover.join()
                }
                lease.close()
                pool.stats().used shouldBe 0
            }
        }
    }
})

private inline fun unlessClosed(action: () -> Unit): Boolean = try {
    action()
    true
} catch (_: LeaseClosedException) {
    false
}
