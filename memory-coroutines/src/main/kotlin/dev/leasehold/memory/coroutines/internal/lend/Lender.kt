@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.CallLedger
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.coroutines.internal.own.RentedAt
import dev.leasehold.memory.coroutines.internal.watch.LineErrors
import dev.leasehold.memory.coroutines.internal.watch.LineState
import dev.leasehold.memory.coroutines.internal.watch.ScopeChain
import dev.leasehold.memory.coroutines.internal.watch.ScopedWaiter
import dev.leasehold.memory.coroutines.internal.watch.StallWatch
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LineWaits
import dev.leasehold.memory.internal.spi.PoolLender
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.invalidSize
import dev.leasehold.memory.internal.spi.poolClosed
import dev.leasehold.memory.internal.spi.rentSite
import dev.leasehold.memory.internal.spi.requirePossible
import dev.leasehold.memory.internal.spi.tracesSites
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.sync.Mutex
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/** Lends the bytes of a suspending pool: the line, the watch over it, the waits for the [pool] below. Any thread. */
internal class Lender(
    val pool: MemoryPool,
    capacity: Long,
    private val maxWaiters: Int,
    patience: Duration,
    private val errors: LineErrors,
) {
    /** How requests have waited in the line. */
    val lineWaits: LineWaits = LineWaits(pool)

    @JvmField val line: ByteLine = ByteLine(capacity, maxWaiters, lineWaits) { watch.somethingWaits() }

    /** This, as the lists of the [pool] have it. */
    val listed: PoolLender = Listed(line, lineWaits)

    /** Which coroutine holds how much by `withLease`; known only where it is traced. */
    val calls: CallLedger? = if (pool.tracesSites()) CallLedger() else null
    val state = LineState(pool, line, patience, calls, errors)
    val watch: StallWatch = StallWatch(state)

    /** Held by the group that waits for the pool below with some of its leases in hand. */
    val groupTurn = Mutex()

    /** What a coroutine in the line fails with when this is closed; one object for all of them. */
    private val refusal: () -> Throwable = ::closed
    private val crowd: (Long, CoroutineContext) -> Throwable = ::tooMany
    private val waits: MutableSet<PoolWait> = ConcurrentHashMap.newKeySet()

    /** [context], for messages, and where the line is that asks now, if the pool traces that. */
    fun sited(context: CoroutineContext): CoroutineContext = RentedAt.of(context, pool.rentSite())

    // ---- bytes ----

    /**
     * Takes [size] bytes, after [ByteLine.tryTake] refused, for the coroutine of [context], as messages name it, and
     * for the scope of [owner]. When this throws, it has taken nothing.
     *
     * Here and below the returned value has no meaning. It is that of the last call, because a suspending function that
     * only returns what another returns needs no object for its own state.
     */
    @IgnorableReturnValue
    suspend fun take(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        requireRentable(size)
        return await(size, context, owner)
    }

    /** The same for [size] bytes of several leases, each of which was found possible. */
    @IgnorableReturnValue
    suspend fun takeSum(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        requireOpen()
        return await(size, context, owner)
    }

    private suspend fun await(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        val chain = if (watch.isOn) ScopeChain.of(state, currentCoroutineContext(), owner) else null
        if (chain != null) watch.requireObtainable(size, chain, context)
        requirePlace(size, context)
        if (chain == null || chain.isHarmless()) return line.await(size, crowd, refusal)
        return awaitInScopes(size, chain, context)
    }

    private suspend fun awaitInScopes(size: Long, chain: ScopeChain, context: CoroutineContext) {
        val waiter = ScopedWaiter(line, size, crowd, chain, context)
        try {
            val _ = suspendCancellableCoroutine { continuation ->
                waiter.start(continuation)
                watch.add(waiter)
            }
        } finally {
            watch.remove(waiter)
            waiter.forget()
        }
        if (!waiter.isGranted) throw closed()
    }

    /** Refuses when there are too many in the line for one more that is going to wait for [size] bytes. */
    fun requirePlace(size: Long, context: CoroutineContext?) {
        if (line.isFull) throw tooMany(size, context)
    }

    /** The exception for one that [requirePlace] let pass, when others came in between. */
    fun tooMany(size: Long, context: CoroutineContext?): RuntimeException =
        errors.tooMany(LineMessages.tooMany(pool.name, size, maxWaiters, context), pool.name, maxWaiters)

    /** Refuses what could never succeed. */
    fun requireRentable(size: Long) {
        if (size > line.capacity) {
            throw invalidSize(LineMessages.aboveCapacity(pool.name, size, line.capacity, pool.limit), size)
        }
        pool.requirePossible(size)
        requireOpen()
    }

    private fun requireOpen() {
        if (line.isClosed) throw closed()
        // Its leases may be out for long: a wait for them fails now as it would then.
        if (pool.isClosed) throw poolClosed(LineMessages.closedBelow(pool.name), pool.name)
    }

    /** The exception for a wait that this was closed under. */
    fun closed(): PoolClosedException = poolClosed(LineMessages.closed(pool.name), pool.name)

    // ---- waits for the pool below ----

    /** Begins [wait]; when this throws, it has not begun. */
    fun begin(wait: PoolWait) {
        waits.add(wait)
        try {
            wait.join()
        } catch (failure: Throwable) {
            waits.remove(wait)
            throw failure
        }
        // After it was added and has joined, so that this or the close finds it in the line.
        if (line.isClosed && wait.leave(WaitOutcome.CLOSED)) throw closed()
    }

    /** The [wait] is over. */
    fun end(wait: PoolWait) {
        waits.remove(wait)
    }

    /** Lends nothing more, and refuses what waits. */
    fun close() {
        line.close()
        for (wait in waits) wait.giveUp(closed())
    }
}

private class Listed(private val line: ByteLine, override val waits: LineWaits) : PoolLender() {
    override val isClosed: Boolean get() = line.isClosed
    override val capacity: Long get() = line.capacity
    override val used: Long get() = line.used
    override val waiters: Int get() = line.waiters
}
