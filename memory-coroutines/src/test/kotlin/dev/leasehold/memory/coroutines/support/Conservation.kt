package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.TooManyWaitersException
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.testing.await
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/**
 * Lets many [schedules][Schedule] run at once over one pool, some cancelled from outside, the pool sometimes closed in
 * the middle; and then counts every byte and every block, for which it waits up to [patience].
 */
internal class Conservation(
    private val memory: MemoryPool,
    private val capacity: Long,
    private val most: Long,
    private val borrow: Borrowing = borrowing,
    private val patience: Duration = 2.minutes,
) {
    private val unexpected = ConcurrentLinkedQueue<Throwable>()

    suspend fun run(rounds: Int, seed: Long): Unit = repeat(rounds) { round ->
        val random = Random(seed + round)
        val pool = SuspendingPool(memory, capacity) { maxWaiters = if (random.nextInt(8) == 0) 4 else 1000 }
        round(pool, random)
        settle(pool, "seed $seed, round $round")
    }

    private suspend fun round(pool: SuspendingPool, random: Random) {
        val other = Job()
        val budget = MemoryBudget("conservation", parent = memory.budget)
        val stage = Stage(pool, most, budget, borrow, other)
        coroutineScope {
            val jobs = List(TOGETHER) {
                val seed = random.nextLong()
                launch(Dispatchers.Default) { one(Schedule(Random(seed), stage)) }
            }
            launch(Dispatchers.Default) {
                repeat(TOGETHER / 4) {
                    if (random.nextBoolean()) yield()
                    jobs[random.nextInt(TOGETHER)].cancel()
                }
                if (random.nextInt(6) == 0) pool.close()
            }
        }
        check(stage.deferred.get() == 0) { "${stage.deferred} deferred actions have not run" }
        other.complete()
        other.join()
        pool.close()
        await("transferred blocks are back") { memory.stats().used == 0L }
        memory.trim()
        budget.close()
    }

    private suspend fun one(schedule: Schedule) {
        val inTime = withTimeoutOrNull(2.minutes) {
            try {
                schedule.run()
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (failure: Throwable) {
                if (!isPlanned(failure)) unexpected.add(failure)
            }
        }
        if (inTime == null) unexpected.add(AssertionError("a schedule hung"))
    }

    private fun isPlanned(failure: Throwable) = when (failure) {
        is PlannedFailure, is PoolClosedException, is RentTimeoutException, is TooManyWaitersException,
        is RentDeadlockException, is LeaseClosedException,
        -> true

        else -> false
    }

    private fun settle(pool: SuspendingPool, where: String) {
        val failure = unexpected.poll()
        // What is undone by a thread that waited for the pool below comes a moment later.
        val deadline = System.nanoTime() + patience.inWholeNanoseconds
        while (pool.stats().used != 0L || memory.stats().used != 0L) {
            if (System.nanoTime() > deadline) break
            Thread.sleep(1)
        }
        val stats = pool.stats()
        if (stats.used != 0L) throw IllegalStateException("$where: ${stats.used} bytes are out: $stats", failure)
        if (failure != null) throw AssertionError("$where: $failure", failure)
        check(stats.waiters == 0) { "$where: ${stats.waiters} wait: $stats" }
        check(memory.stats().used == 0L) { "$where: the pool below has ${memory.stats()}" }
    }

    companion object {
        /** How many schedules run at once. */
        const val TOGETHER = 200
    }
}
