@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.support.OnTheSpot
import dev.leasehold.memory.coroutines.support.PlannedFailure
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.UnconfinedTestDispatcher
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.Executors
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/** What holds wherever coroutines run. */
private val contract: List<Pair<String, suspend CoroutineScope.(SuspendingPool) -> Unit>> = listOf(
    "a rent waits for what is out" to { pool ->
        val all = pool.rent(100)
        val waiting = async { pool.withLease(60) { lease -> lease.size } }
        until("it waits") { pool.stats().waiters == 1 }
        all.close()
        waiting.await() shouldBe 60
    },
    "a lease is used and closed wherever the coroutine goes on" to { pool ->
        pool.withLease(8) { lease ->
            withContext(Dispatchers.Default) { lease.withSegment { it.setLong(0, 40) } }
            withContext(Dispatchers.IO) { lease.withSegment { it.setLong(0, it.getLong(0) + 2) } }
            lease.withSegment { it.getLong(0) } shouldBe 42
        }
        pool.stats().used shouldBe 0
    },
    "a wait ends at its cancellation, and the next one goes on" to { pool ->
        val most = pool.rent(60)
        val large = launch { pool.withLease(100) { error("never") } }
        until("it waits") { pool.stats().waiters == 1 }
        val small = launch { pool.withLease(40) { yield() } }
        large.cancelAndJoin()
        small.join()
        most.close()
    },
    "a wait ends when its time is up" to { pool ->
        val all = pool.rent(100)
        shouldThrow<RentTimeoutException> { pool.rent(1, 5.milliseconds) }
        pool.rentOrNull(1, 5.milliseconds) shouldBe null
        all.close()
    },
    "a scope closes what its children rent when all have ended" to { pool ->
        memoryScope(pool) {
            val own = rent(50)
            launch { pool.rent(20).let { delay(1.milliseconds) } }
            launch { launch { pool.rent(30, 1.hours) } }
            yield()
            own.isClosed shouldBe false
        }
        pool.stats().used shouldBe 0
    },
    "a scope whose child fails closes all the same" to { pool ->
        shouldThrow<PlannedFailure> {
            memoryScope(pool) {
                rent(50)
                launch { pool.rent(60) }
                launch {
                    yield()
                    throw PlannedFailure()
                }
            }
        }
        pool.stats().used shouldBe 0
    },
    "a close fails what waits" to { pool ->
        val all = pool.rent(100)
        supervisorScope {
            val waiting = async { pool.rent(1) }
            until("it waits") { pool.stats().waiters == 1 }
            pool.close()
            shouldThrow<PoolClosedException> { waiting.await() }
        }
        all.close()
    },
    "many that contend, of which some are cancelled, lose nothing" to { pool ->
        coroutineScope {
            repeat(200) { index ->
                val job = launch {
                    if (index % 3 == 0) pool.rentAll(30, 40).use { yield() } else pool.withLease(60) { yield() }
                }
                if (index % 5 == 0) launch { job.cancel() }
            }
        }
        pool.stats().used shouldBe 0
    },
)

class DispatcherSpec : FunSpec({
    val single = Executors.newSingleThreadExecutor {
        Thread(it, "single").apply { isDaemon = true }
    }.asCoroutineDispatcher()
    val contexts: List<Pair<String, CoroutineContext>> = listOf(
        "Default" to Dispatchers.Default,
        "IO" to Dispatchers.IO,
        "Unconfined" to Dispatchers.Unconfined,
        "limitedParallelism(1)" to Dispatchers.Default.limitedParallelism(1),
        "an executor of one thread" to single,
        "an interceptor that is no dispatcher" to OnTheSpot(),
    )
    for ((where, context) in contexts) {
        for ((name, body) in contract) {
            test("under $where $name") { over("contract", 100) { pool -> withContext(context) { body(pool) } } }
        }
    }

    for (where in listOf("StandardTestDispatcher", "UnconfinedTestDispatcher")) {
        fun dispatcher() = if (where[0] == 'S') StandardTestDispatcher() else UnconfinedTestDispatcher()
        for ((name, body) in contract) {
            test("under $where $name") { over("contract", 100) { pool -> runTest(dispatcher()) { body(pool) } } }
        }

        test("under $where hours of waiting take no time") {
            over("virtual", 100) { pool ->
                // Which would fail after a minute of the clock on the wall.
                runTest(dispatcher()) {
                    val all = pool.rent(100)
                    pool.rentOrNull(1, 10.hours) shouldBe null
                    shouldThrow<RentTimeoutException> { pool.rent(1, 10.hours) }
                    testScheduler.currentTime shouldBe 20.hours.inWholeMilliseconds
                    launch {
                        delay(1.hours)
                        all.close()
                    }
                    pool.rent(1, 2.hours).close()
                    testScheduler.currentTime shouldBe 21.hours.inWholeMilliseconds
                }
            }
        }
    }

    test("coroutines whose executor is shut down while they wait are cancelled, and lose nothing") {
        over("shut down", 100) { pool ->
            val executor = Executors.newSingleThreadExecutor()
            val scope = CoroutineScope(executor.asCoroutineDispatcher() + Job())
            val all = pool.rent(100)
            val stranded = listOf(
                scope.launch { pool.withLease(60) { error("never") } },
                scope.launch { memoryScope(pool) { rent(60) } },
                scope.launch { pool.rentOrNull(60, 1.hours)?.close() },
            )
            until("they wait") { pool.stats().waiters == 3 }
            executor.shutdown()
            val other = CoroutineScope(Dispatchers.Default).launch { pool.withLease(100) {} }
            until("all wait") { pool.stats().waiters == 4 }
            all.close()
            stranded.joinAll()
            stranded.all { it.isCancelled } shouldBe true
            other.join()
        }
    }

    test("an interceptor's coroutine goes on before the close that served it returns, an executor's does not") {
        over("on the spot", 100) { pool ->
            for ((context, there) in listOf(OnTheSpot() to true, single to false)) {
                val all = pool.rent(100)
                var thread: Thread? = null
                val waiting = CoroutineScope(context).launch { pool.withLease(1) { thread = Thread.currentThread() } }
                until("it waits") { pool.stats().waiters == 1 }
                all.close()
                waiting.join()
                (thread == Thread.currentThread() && context !is CoroutineDispatcher) shouldBe there
            }
        }
    }

    test("a wait costs one dispatch, as one for a kotlinx semaphore does") {
        over("dispatches", 100) { pool ->
            val semaphore = Semaphore(1)
            val waits = 100
            val ours = dispatchesOf(waits) { pool.withLease(100) { yield() } }
            dispatchesOf(waits) { semaphore.withPermit { yield() } } shouldBe ours
            pool.stats().waits.served shouldBe waits - 1
            // Each is started, goes on behind its yield, and all but the first behind a wait.
            ours shouldBe 3 * waits - 1
        }
    }

    afterSpec { single.close() }
})

/** How often coroutines are dispatched of which [count] do [action] at the same time, on one thread. */
private fun dispatchesOf(count: Int, action: suspend () -> Unit): Int {
    val ready = ArrayDeque<Runnable>()
    var dispatches = 0
    val counting = object : CoroutineDispatcher() {
        override fun dispatch(context: CoroutineContext, block: Runnable) {
            dispatches++
            ready.addLast(block)
        }
    }
    val jobs = List(count) { CoroutineScope(counting).launch { action() } }
    while (true) ready.removeFirstOrNull()?.run() ?: break
    jobs.all { it.isCompleted && !it.isCancelled } shouldBe true
    return dispatches
}
