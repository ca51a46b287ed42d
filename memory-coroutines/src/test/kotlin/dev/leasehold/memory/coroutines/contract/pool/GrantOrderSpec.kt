@file:OptIn(ExperimentalCoroutinesApi::class, InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.WaitOutcome
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

/** Grants under a dispatcher of one thread and virtual time, where the order is all there is. */
class GrantOrderSpec : FunSpec({
    /** A body over a pool of [capacity] bytes that are all out, and what gives some back. */
    fun ordered(name: String, capacity: Long = 100, body: suspend TestScope.(Play) -> Unit) = test(name) {
        over("order", capacity) { pool -> runTest { Play(this, pool).run { body(this) } } }
    }

    ordered("whatever they request, waiters are granted in the order of their arrival") { play ->
        val random = Random(4711)
        val sizes = List(500) { random.nextLong(1, 101) }
        sizes.forEach { play.join(it) }
        while (play.granted.size < sizes.size) play.giveBack(minOf(play.out, random.nextLong(1, 40)))
        play.granted shouldContainExactly List(500) { it }
    }

    ordered("a large request is not starved by small ones that keep coming") { play ->
        play.join(100)
        repeat(49) {
            play.giveBack(2)
            play.join(1)
            play.pool.tryRent(1) shouldBe null
            play.granted shouldContainExactly emptyList()
        }
        play.giveBack(2)
        play.granted shouldContainExactly listOf(0)
        play.letEndAll()
        play.granted shouldContainExactly List(50) { it }
    }

    ordered("one that is cancelled in the middle changes nothing for the others") { play ->
        val jobs = List(5) { play.join(40) }
        jobs[2].cancelAndJoin()
        jobs[3].cancelAndJoin()
        play.pool.stats().waiters shouldBe 3
        play.giveBack(100)
        play.granted shouldContainExactly listOf(0, 1)
        play.end(0)
        play.granted shouldContainExactly listOf(0, 1, 4)
    }

    ordered("small ones behind a large one that is cancelled are served in one go") { play ->
        play.giveBack(60)
        val large = play.join(100)
        repeat(6) { play.join(10) }
        play.granted shouldContainExactly emptyList()
        large.cancel()
        runCurrent()
        play.granted shouldContainExactly listOf(1, 2, 3, 4, 5, 6)
        play.pool.stats().used shouldBe 100
    }

    ordered("one whose time is up makes way for those behind it, and takes nothing with it") { play ->
        play.giveBack(10)
        val patient = play.joinFor(30, 3.seconds)
        val impatient = play.joinFor(20, 1.seconds)
        play.join(10)
        advanceTimeBy(2.seconds)
        impatient.isCompleted shouldBe true
        play.granted shouldContainExactly emptyList()
        play.pool.stats().waiters shouldBe 2
        advanceTimeBy(2.seconds)
        patient.isCompleted shouldBe true
        play.granted shouldContainExactly listOf(2)
        play.refused shouldContainExactly listOf(1, 0)
    }

    ordered("a close fails all that wait, in their order, and takes late returns") { play ->
        repeat(20) { play.join(30) }
        play.pool.close()
        runCurrent()
        play.refused shouldContainExactly List(20) { it }
        play.failures.all { it is PoolClosedException } shouldBe true
        play.pool.stats().waiters shouldBe 0
        play.pool.stats().used shouldBe 100
        shouldThrow<PoolClosedException> { play.pool.rent(1) }
    }

    test("a waiter that is cancelled before it has joined is not counted, and stops none") {
        over("early", 10) { pool ->
            runTest {
                val all = pool.rent(10)
                val cancelled = launch { pool.rent(5).close() }
                cancelled.cancel()
                val undispatched = launch(start = kotlinx.coroutines.CoroutineStart.UNDISPATCHED) {
                    coroutineContext[Job]!!.cancel()
                    pool.rent(5).close()
                }
                joinAll(cancelled, undispatched)
                pool.stats().waiters shouldBe 0
                val next = launch { pool.rent(10).close() }
                runCurrent()
                all.close()
                next.join()
            }
        }
    }

    test("a hundred thousand whose time is up behind a stuck first one leave nothing behind") {
        val line = ByteLine(100, 100_000)
        line.tryTake(1) shouldBe true
        val stuck = Quiet(100)
        line.join(stuck)
        val staying = List(10) { Quiet(1) }
        repeat(100_000) { index ->
            if (index % 10_000 == 0) {
                line.join(staying[index / 10_000])
            }
            val waiter = Quiet(1)
            line.join(waiter)
            line.abandon(waiter, WaitOutcome.CANCELLED) shouldBe true
        }
        generateSequence<LineWaiter>(stuck) { it.next }.count() shouldBeLessThan 100
        line.waiters shouldBe 11
        line.giveBack(1)
        line.giveBack(100)
        (staying + stuck).all { it.isGranted } shouldBe true
        line.used shouldBe 10
    }
})

private class Quiet(bytes: Long) : LineWaiter(bytes) {
    override fun notified() = Unit
}

/** Coroutines that rent, in an order that is known, and say when they got it. */
private class Play(private val scope: TestScope, val pool: SuspendingPool) {
    private val first = ArrayDeque<dev.leasehold.memory.SharedLease>()
    private val ends = ArrayList<CompletableJob>()
    val granted = ArrayList<Int>()
    val refused = ArrayList<Int>()
    val failures = ArrayList<Throwable>()

    /** How many of the bytes that were out at first have not been given back. */
    val out: Long get() = first.size.toLong()

    /** Runs [body] while all bytes are out, and then gives back what still is. */
    suspend fun run(body: suspend Play.() -> Unit) {
        repeat(pool.capacity.toInt()) { first.addLast(pool.rent(1)) }
        body()
        first.forEach { it.close() }
        letEndAll()
    }

    fun giveBack(bytes: Long) {
        repeat(bytes.toInt()) { first.removeLast().close() }
        scope.runCurrent()
        // Waiters that were granted give back when nothing else is left to give.
        if (out == 0L && ends.size > KEPT) letEndAll()
    }

    fun join(bytes: Long): Job = waiting { pool.rent(bytes) }

    fun joinFor(bytes: Long, time: kotlin.time.Duration): Job = waiting { pool.rent(bytes, time) }

    private fun waiting(rent: suspend () -> dev.leasehold.memory.SharedLease): Job {
        val end = Job()
        val index = ends.size
        ends += end
        val job = scope.backgroundScope.launch {
            try {
                rent().use {
                    granted += index
                    end.join()
                }
            } catch (failure: PoolClosedException) {
                refuse(index, failure)
            } catch (failure: RentTimeoutException) {
                refuse(index, failure)
            }
        }
        scope.runCurrent()
        return job
    }

    private fun refuse(index: Int, failure: Throwable) {
        refused += index
        failures += failure
    }

    fun end(index: Int) {
        ends[index].complete()
        scope.runCurrent()
    }

    fun letEndAll() {
        ends.forEach { it.complete() }
        scope.runCurrent()
    }

    private companion object {
        const val KEPT = 100
    }
}
