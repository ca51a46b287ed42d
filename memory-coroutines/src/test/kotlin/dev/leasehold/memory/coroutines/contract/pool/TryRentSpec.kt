package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.support.OnTheSpot
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds

/** What `tryRent` promises: while none waits and no other call is going on, it refuses only what is not there. */
class TryRentSpec : FunSpec() {
    init {
        test("it never refuses bytes that are free while none waits, whatever has happened before") {
            val seed = Effort.seed("tryRent")
            repeat(Effort.times(300)) { round ->
                withClue("seed $seed, round $round") { Play(Random(seed + round)).run() }
            }
        }

        test("it is refused while a request waits, though bytes are free, and no more when that has left") {
            over("queue", CAPACITY) { pool ->
                val most = pool.rent(60)
                val large = CoroutineScope(Dispatchers.Unconfined).launch { pool.rent(CAPACITY).close() }
                pool.tryRent(40) shouldBe null
                large.cancel()
                pool.tryRent(40).shouldNotBeNull().close()
                most.close()
            }
        }

        test("one that is notified on the spot finds what is left, though the call that served it is not over") {
            over("nested", CAPACITY) { pool ->
                val all = pool.rent(CAPACITY)
                var inside: SharedLease? = null
                val waiting = CoroutineScope(OnTheSpot()).launch { pool.withLease(30) { inside = pool.tryRent(70) } }
                all.close()
                waiting.isCompleted shouldBe true
                inside.shouldNotBeNull().close()
            }
        }

        test("memory that has just come back to the pool below is there for the next") {
            for (memory in listOf(
                MemoryPool.fixed("chunks", 4096, 4),
                MemoryPool.isolated("limited") { limit = 4 * 4096 },
            )) {
                over(memory, 4 * 4096) { pool ->
                    repeat(Effort.times(500)) {
                        List(4) { pool.tryRent(4096).shouldNotBeNull() }.forEach { it.close() }
                    }
                }
            }
        }
    }

    /** Random calls, one after the other, of rents in every form, and of their ends, by this thread alone. */
    private class Play(private val random: Random) {
        private val pool = SuspendingPool(memory, CAPACITY)
        private val held = ArrayList<SharedLease>()
        private val coroutines = ArrayList<Job>()

        fun run() {
            repeat(STEPS) {
                step()
                look()
            }
            coroutines.forEach { it.cancel() }
            held.forEach { it.close() }
            pool.stats().used shouldBe 0
            look()
            pool.close()
        }

        private fun step() {
            when (random.nextInt(7)) {
                0, 1 -> coroutines += CoroutineScope(Dispatchers.Unconfined).launch { held += pool.rent(size()) }
                2 -> coroutines.random(random, Job::cancel)
                3, 4 -> held.removeRandom()?.close()
                5 -> timeOut()
                else -> pool.tryRent(size())?.let { held += it }
            }
        }

        private fun timeOut() {
            val size = size()
            if (pool.stats().let { it.waiters == 0 && it.available >= size }) return
            shouldThrow<RentTimeoutException> { pool.rentBlocking(size, 1.microseconds) }
        }

        private fun look() {
            val stats = pool.stats()
            if (stats.waiters > 0) return
            val size = random.nextLong(stats.available + 1)
            withClue("$size bytes of $stats") { pool.tryRent(size).shouldNotBeNull().close() }
            pool.tryRent(minOf(CAPACITY, stats.available + 1))?.close().let { (it == null) shouldBe (stats.used > 0) }
        }

        private fun size() = random.nextLong(1, CAPACITY + 1)

        private fun ArrayList<Job>.random(random: Random, action: (Job) -> Unit) {
            if (isNotEmpty()) action(removeAt(random.nextInt(size)))
        }

        private fun ArrayList<SharedLease>.removeRandom(): SharedLease? =
            if (isEmpty()) null else removeAt(random.nextInt(size))
    }

    private companion object {
        const val CAPACITY = 100L
        const val STEPS = 60
        val memory = MemoryPool.isolated("try")
    }
}
