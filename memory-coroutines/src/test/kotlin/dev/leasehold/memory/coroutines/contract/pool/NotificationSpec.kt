package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.line.Notifications
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.OnTheSpot
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicInteger

/** How waiters that were served are notified, one after the other. */
class NotificationSpec : FunSpec({
    for ((name, context) in listOf("no dispatcher" to OnTheSpot(), "an unconfined one" to Dispatchers.Unconfined)) {
        test("a chain of 10,000 waiters with $name, of which each serves the next, needs no deep stack") {
            over("chain", 100) { pool ->
                val first = pool.rent(100)
                val order = ArrayList<Int>()
                val scope = CoroutineScope(context + Job())
                val jobs = List(10_000) { index -> scope.launch { pool.withLease(100) { order += index } } }
                pool.stats().waiters shouldBe 10_000
                first.close()
                jobs.joinAll()
                order shouldContainExactly List(10_000) { it }
            }
        }
    }

    test("waiters that were granted together are notified in order, also from within one of them") {
        over("order", 100) { pool ->
            val first = pool.rent(100)
            val order = ArrayList<Int>()
            val scope = CoroutineScope(OnTheSpot() + Job())
            // Two are content with what the first gives back; the next need what those give back.
            val jobs = List(6) { index -> scope.launch { pool.withLease(50) { order += index } } }
            first.close()
            jobs.joinAll()
            order shouldContainExactly listOf(0, 1, 2, 3, 4, 5)
        }
    }

    test("one that blocks when it is notified does not keep the one that it serves from its notification") {
        over("blocks", 100) { pool ->
            val first = pool.rent(100)
            val scope = CoroutineScope(OnTheSpot() + Job())
            val inside = AtomicInteger()
            val blocking = scope.launch {
                val own = pool.rent(100)
                runBlocking {
                    val waiting = launch { pool.withLease(100) { inside.incrementAndGet() } }
                    yield()
                    own.close()
                    waiting.join()
                }
            }
            val closer = Thread.ofPlatform().daemon().start { first.close() }
            await("it was served, and went on") { blocking.isCompleted }
            closer.join()
            inside.get() shouldBe 1
        }
    }

    test("a waiter that fails when it is notified stops neither the others nor the notifying thread") {
        val order = ArrayList<Int>()
        val waiters = List(3) { index ->
            object : LineWaiter(1) {
                override fun notified() {
                    order += index
                    if (index < 2) error("failed $index")
                }
            }
        }
        waiters[0].nextNotified = waiters[1]
        waiters[1].nextNotified = waiters[2]
        val reported = ArrayList<String?>()
        var wentOn = false
        val notifier = Thread.ofPlatform().unstarted {
            Notifications.all(waiters[0])
            wentOn = true
        }
        notifier.setUncaughtExceptionHandler { _, failure -> reported += failure.message }
        notifier.start()
        notifier.join()
        order shouldContainExactly listOf(0, 1, 2)
        reported shouldContainExactly listOf("failed 0", "failed 1")
        wentOn shouldBe true
    }
})
