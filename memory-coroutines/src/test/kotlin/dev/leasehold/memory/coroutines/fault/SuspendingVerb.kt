package dev.leasehold.memory.coroutines.fault

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.FaultyVerb
import dev.leasehold.testing.await
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration.Companion.minutes

/** A verb of a suspending pool, and all that waits for it meanwhile. */
internal class SuspendingVerb(
    name: String,
    private val traced: Boolean = false,
    private val before: SuspendingVerb.() -> Unit = {},
    private val verb: SuspendingVerb.() -> Unit,
) : FaultyVerb(name) {
    private lateinit var memory: MemoryPool
    lateinit var pool: SuspendingPool
        private set

    /** What the caller has in hand, and what others have. */
    val mine = InHand()
    private val hands = ConcurrentLinkedQueue<InHand>()

    /** What is full until this is closed. */
    var all: AutoCloseable = AutoCloseable {}
        private set
    var job: Job = Job()
        private set
    var future: CompletableFuture<*> = CompletableFuture.completedFuture(null)
        private set

    // Whatever waits; each ends with a lease, which it closes, or a failure.
    private val waiting = ConcurrentLinkedQueue<() -> Boolean>()

    override fun prepare() {
        memory = MemoryPool.isolated("faulty") {
            limit = CAPACITY
            traceSites = traced
        }
        pool = SuspendingPool(memory, CAPACITY)
        before()
    }

    override fun run(): Unit = verb()

    // ---- what goes on before the verb, and beside it ----

    fun takeAll() {
        all = pool.rentBlocking(CAPACITY, 1.minutes)
    }

    /** The bytes are there, and the memory below is not. */
    fun takeAllBelow() {
        all = memory.rentShared(CAPACITY)
    }

    /** Starts a coroutine that has no dispatcher: it runs on whichever thread resumes it. */
    fun start(rent: Rent, hand: InHand = added()) {
        var isOver = false
        val work: suspend () -> Unit = { rent(pool, hand) }
        waiting += { isOver }
        try {
            work.startCoroutine(Continuation(EmptyCoroutineContext) { isOver = true })
        } catch (failure: Throwable) {
            isOver = true
            throw failure
        }
    }

    private fun added() = InHand().also(hands::add)

    fun launchWaiting(rent: Rent) {
        val hand = added()
        job = CoroutineScope(Dispatchers.Default).launch { rent(pool, hand) }
        waiting += job::isCompleted
        awaitWaiters()
    }

    fun waitInAThread() {
        val hand = added()
        val thread = Thread.ofPlatform().start { FaultyRents.byAThread(pool, hand) }
        waiting += { !thread.isAlive }
        awaitWaiters()
    }

    fun waitInAFuture() {
        val promise = pool.rentAsync(100)
        future = promise
        val closed = promise.thenAccept { it.close() }
        waiting += closed::isDone
    }

    private fun awaitWaiters() {
        val wanted = waiting.size
        await("$wanted wait") { pool.stats().waiters == wanted }
    }

    // ---- the end ----

    override fun settle() {
        all.close()
        mine.close()
        await("what waited has ended: $pool") { waiting.all { it() } }
        hands.forEach { it.close() }
        hands.clear()
        waiting.clear()
        await("all is back: $pool, $memory") { pool.stats().used == 0L && memory.stats().used == 0L }
        check(pool.stats().waiters == 0) { "waiters are lost: $pool" }
        if (!pool.isClosed) {
            start(FaultyRents::ofOne)
            check(waiting.remove().invoke()) { "the next rent waits: $pool" }
            check(pool.stats().used == 0L) { "the next rent leaves something: $pool" }
        }
        pool.close()
        memory.close()
    }

    private companion object {
        val CAPACITY = 64.KiB
    }
}
