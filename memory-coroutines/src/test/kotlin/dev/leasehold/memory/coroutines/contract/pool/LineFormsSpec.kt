package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.lend.FutureRent
import dev.leasehold.memory.coroutines.internal.lend.Lender
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.withoutAddresses
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.future.await
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.util.Collections
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Coroutines, threads and futures wait in one line, and none of them loses a byte. */
class LineFormsSpec : FunSpec() {
    init {
        test("coroutines, threads and futures are served in the order in which they came") {
            lending("mixed", 100) { pool ->
                val order = Collections.synchronizedList(ArrayList<Int>())
                val threads = ArrayList<Thread>()
                val all = pool.rent(100)
                coroutineScope {
                    for (index in 0 until 30) {
                        // Each takes all, so none is served before the one ahead has noted its number.
                        val note = { lease: SharedLease -> lease.use { order += index } }
                        when (index % 3) {
                            0 -> launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) { note(pool.rent(100)) }
                            1 -> threads += parked { note(pool.rentBlocking(100, 1.minutes)) }
                            else -> pool.rentAsync(100).thenAccept(note).let { launch { it.await() } }
                        }
                    }
                    all.close()
                }
                threads.forEach(Thread::join)
                order shouldContainExactly (0 until 30).toList()
            }
        }

        test("a thread waits in the line of the pool below, too, for what is left of its time") {
            overFull { memory, pool, _ ->
                // Its bytes are free here, so it can wait nowhere but below.
                val refusal = shouldThrow<RentTimeoutException> { pool.rentBlocking(4096, 30.milliseconds) }
                refusal.message shouldContain "it had no memory for them within 30ms"
                pool.stats().used shouldBe 0
                memory.stats().waiters shouldBe 0
            }
        }

        test("a future waits in the line of the pool below, and blocks no thread; it leaves when it is cancelled") {
            overFull { memory, pool, whole ->
                val cancelled = pool.rentAsync(4096)
                await("the future is in the line below") { memory.stats().waiters == 1 }
                cancelled.cancel(true) shouldBe true
                await("it has left") { memory.stats().waiters == 0 && pool.stats().used == 0L }
                val other = pool.rentAsync(4096)
                await("the other is in the line below") { memory.stats().waiters == 1 }
                other.isDone shouldBe false
                whole.close()
                other.get(2, TimeUnit.MINUTES).close()
            }
        }

        test("a lease that a thread rented names that thread, whichever uses it later") {
            lending("named", 100, traced = true) { pool ->
                lateinit var lease: SharedLease
                Thread.ofVirtual().name("renter").start { lease = pool.rentBlocking(10, 1.minutes) }.join()
                lease.close()
                val message = shouldThrow<LeaseClosedException> { lease.asKeptMemorySegment() }.message
                withoutAddresses(message) shouldContain "it belonged to virtual thread 'renter' (#)"
            }
        }

        test("cancellations, interrupts and timeouts of all three forms lose nothing, at whatever moment they come") {
            churn("line forms", 2.minutes, SuspendingPool::rentAsync) { pool ->
                pool.withLease(CAPACITY) { it.size shouldBe CAPACITY }
                pool.rentBlocking(CAPACITY, 1.minutes).close()
                pool.rentAsync(CAPACITY).get(2, TimeUnit.MINUTES).close()
            } shouldBe 0
        }

        test("a future that drops the lease which meets its cancellation is found by the same churn") {
            val forgetful = { pool: SuspendingPool, size: Long ->
                FutureRent.rent(pool.lender, size, ::ForgetfulFuture)
            }
            (1..50).any { churn("line forms, broken", 1.seconds, forgetful) > 0 } shouldBe true
        }
    }

    /** Runs [block] on a thread; returns when that waits. */
    private fun parked(block: () -> Unit): Thread = Thread.ofVirtual().start(block).also { thread ->
        await("the thread waits") { thread.state == Thread.State.TIMED_WAITING }
    }

    /** Runs [block] with a suspending pool whose bytes are free, over one that a lease fills. */
    private fun overFull(block: (MemoryPool, SuspendingPool, SharedLease) -> Unit) {
        MemoryPool.isolated("full") { limit = MEBIBYTE }.use { memory ->
            memory.rentShared(MEBIBYTE).use { whole ->
                SuspendingPool(memory, 8192).use { block(memory, it, whole) }
            }
            memory.stats().used shouldBe 0
        }
    }

    /**
     * Lets rents of all forms meet their ends at random, and runs [afterwards]; returns how many bytes are out when all
     * of them are over, and have had up to [patience] to come back.
     */
    private suspend fun churn(
        what: String,
        patience: Duration,
        future: (SuspendingPool, Long) -> CompletableFuture<SharedLease>,
        afterwards: suspend (SuspendingPool) -> Unit = {},
    ): Int {
        val random = Random(Effort.seed(what))
        val memory = MemoryPool.isolated("churn")
        val pool = SuspendingPool(memory, CAPACITY)
        val served = AtomicInteger()
        coroutineScope {
            repeat(ROUNDS) { index ->
                val size = random.nextLong(1, 61)
                val pause = random.nextLong(PAUSES_NANOS)
                launch(Dispatchers.Default) {
                    when (index % 3) {
                        0 -> coroutine(pool, size, pause, served)

                        1 -> thread(pool, size, pause, served)

                        else -> {
                            // It has to wait, and its bytes come back at about the moment of its cancellation.
                            val others = pool.tryRent(CAPACITY - size + 1)
                            val waiting = future(pool, size)
                            val closing = Thread.startVirtualThread { others?.close() }
                            end(waiting, pause, served)
                            closing.join()
                        }
                    }
                }
            }
        }
        println("$what: $served of $ROUNDS were served")
        afterwards(pool)
        return leftover(pool, memory, patience)
    }

    private suspend fun coroutine(pool: SuspendingPool, size: Long, pause: Long, served: AtomicInteger) =
        coroutineScope {
            // It begins at once, on this thread: later it would find itself cancelled.
            val job = launch(start = CoroutineStart.UNDISPATCHED) {
                pool.withLease(size) {
                    served.incrementAndGet()
                    yield() // So that others find too little, and wait.
                }
            }
            spin(pause)
            job.cancel()
        }

    private fun thread(pool: SuspendingPool, size: Long, pause: Long, served: AtomicInteger) {
        val thread = Thread.ofVirtual().start {
            try {
                pool.rentBlocking(size, (1 + pause % 300).microseconds).use { served.incrementAndGet() }
            } catch (_: RentTimeoutException) {
                return@start
            } catch (_: InterruptedException) {
                return@start
            }
        }
        spin(pause)
        thread.interrupt()
        thread.join()
    }

    private fun end(future: CompletableFuture<SharedLease>, pause: Long, served: AtomicInteger) {
        future.thenAccept { lease -> lease.use { served.incrementAndGet() } }
        spin(pause)
        future.cancel(true)
    }

    /** What stays out when none waits: futures that were cancelled are given time to give back. */
    private fun leftover(pool: SuspendingPool, memory: MemoryPool, patience: Duration): Int {
        val deadline = System.nanoTime() + patience.inWholeNanoseconds
        fun areOut() = pool.stats().used > 0 || memory.stats().used > 0
        while (areOut() && System.nanoTime() < deadline) Thread.sleep(1)
        pool.stats().waiters shouldBe 0
        return (pool.stats().used + memory.stats().used).toInt()
    }

    private fun spin(nanos: Long) {
        val end = System.nanoTime() + nanos
        while (System.nanoTime() < end) Thread.onSpinWait()
    }

    /** [FutureRent] without its last step: what it completes with is not closed when other code was faster. */
    private class ForgetfulFuture(lender: Lender, grant: Grant) : FutureRent(lender, grant) {
        override fun undelivered(lease: SharedLease) = Unit
    }

    private companion object {
        const val MEBIBYTE = 1L shl 20
        const val CAPACITY = 100L
        const val ROUNDS = 6000
        const val PAUSES_NANOS = 30_000L
    }
}
