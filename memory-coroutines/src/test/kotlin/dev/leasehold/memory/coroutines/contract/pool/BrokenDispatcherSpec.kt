@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.line.Notifications
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.support.OnTheSpot
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.util.Collections
import java.util.concurrent.ExecutionException
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import kotlin.coroutines.CoroutineContext

/** A dispatcher that throws when it is to run something, as one over an event loop that was shut down does. */
class BrokenDispatcherSpec : FunSpec() {
    init {
        test(
            "a close of a lease does not fail when the dispatcher of the next in line is broken, and loses no byte",
        ) {
            over("closer", 100) { pool ->
                val all = pool.rent(100)
                pool.strand(100)
                val reported = reporting { all.close() }
                reported shouldHaveSize 1
                reported.single().allMessages() shouldContain SHUT_DOWN
                all.isClosed shouldBe true
                pool.stats().used shouldBe 0
            }
        }

        test(
            "a close by a coroutine that runs on the spot does not fail for the dispatchers of others either",
        ) {
            over("on the spot", 100) { pool ->
                val all = pool.rent(100)
                val failures = ArrayList<Throwable>()
                val first = CoroutineScope(OnTheSpot()).launch {
                    val own = pool.rent(50)
                    // Another is to be notified behind this one, which this close does.
                    runCatching { own.close() }.onFailure { failures += it }
                }
                pool.strand(50)
                pool.strand(50)
                reporting { all.close() } shouldHaveSize 2
                first.isCompleted shouldBe true
                failures shouldHaveSize 0
            }
        }

        test(
            "one that joins the line, and so notifies another whose dispatcher is broken, has its bytes all the same",
        ) {
            val line = ByteLine(20, 10)
            line.tryTake(20) shouldBe true
            val joined = Recording(10)
            var failure: Throwable? = null
            val joins = object : LineWaiter(10) {
                override fun notified() {
                    line.giveBack(10)
                    failure = runCatching { line.join(joined) }.exceptionOrNull()
                }
            }
            for (waiter in listOf(joins, Recording(10) { throw RejectedExecutionException(SHUT_DOWN) })) {
                line.join(waiter) shouldBe true
            }
            reporting { line.giveBack(20) } shouldHaveSize 1
            failure shouldBe null
            joined.isGranted shouldBe true
            joined.times shouldBe 1
        }

        test("a close of the pool also fails the waits below, whatever the dispatchers of others do") {
            over(MemoryPool.fixed("closing", 100, 1), 100) { pool ->
                val other = pool.pool.rentShared(1)
                val waiting = pool.rentAsync(60)
                await("it waits below") { pool.pool.stats().waiters == 1 }
                pool.strand(50)
                reporting { pool.close() } shouldHaveSize 1
                shouldThrow<ExecutionException> { waiting.get(2, TimeUnit.MINUTES) }.cause!!.message shouldBe
                    "the suspending pool over 'closing' is closed: rent from one that is open"
                other.close()
            }
        }

        test("a handler of uncaught exceptions that fails itself stops no notification") {
            val notified = ArrayList<Int>()
            val constant = IllegalStateException("always the same")
            val waiters = List(40) { index ->
                object : LineWaiter(1) {
                    override fun notified() {
                        notified += index
                        if (index % 2 == 0) throw constant
                    }
                }
            }
            val thread = Thread.ofPlatform().start {
                Thread.currentThread().setUncaughtExceptionHandler { _, failure -> throw failure }
                waiters.forEach(Notifications::all)
            }
            thread.join()
            notified shouldBe List(40) { it }
        }
    }

    /** Lets a coroutine wait for [size] bytes whose dispatcher will not take it when it is to go on. */
    private fun SuspendingPool.strand(size: Long): Job {
        val broken = object : CoroutineDispatcher() {
            override fun dispatch(context: CoroutineContext, block: Runnable) =
                throw RejectedExecutionException(SHUT_DOWN)
        }
        val before = stats().waiters
        val job = CoroutineScope(broken).launch(start = CoroutineStart.UNDISPATCHED) {
            withLease(size) { error("never") }
        }
        stats().waiters shouldBe before + 1
        return job
    }

    /** Counts how often it was notified, and does [more] then. */
    private class Recording(bytes: Long, private val more: () -> Unit = {}) : LineWaiter(bytes) {
        var times = 0

        override fun notified() {
            times++
            more()
        }
    }

    /** Runs [action] on a thread, where it must not throw; returns what that thread's handler of exceptions got. */
    private fun reporting(action: () -> Unit): List<Throwable> {
        val reported = Collections.synchronizedList(ArrayList<Throwable>())
        var thrown: Throwable? = null
        val thread = Thread.ofPlatform().start {
            Thread.currentThread().setUncaughtExceptionHandler { _, failure -> reported += failure }
            try {
                action()
            } catch (failure: Throwable) {
                thrown = failure
            }
        }
        thread.join()
        thrown?.let { throw AssertionError("the thread that gave back failed: $it", it) }
        return reported
    }

    private fun Throwable.allMessages() = generateSequence(this) { it.cause }.joinToString { it.message.orEmpty() }

    private companion object {
        const val SHUT_DOWN = "the event loop has shut down"
    }
}
