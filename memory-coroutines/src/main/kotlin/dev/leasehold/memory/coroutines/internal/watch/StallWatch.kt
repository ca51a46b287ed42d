@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.coroutines.internal.line.Notifications
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.logWarning
import dev.leasehold.memory.internal.spi.trySchedule
import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/*
 * Finds coroutines that would wait for ever, for themselves or for one another.
 *
 * CERTAIN. The body of a scope requests more than the capacity less what its scope holds, and no other coroutine of the
 * scope is left. Nothing is going to come back, so it fails before it joins the line.
 *
 * SUSPECTED. A child requests more than its scopes leave over. The body, or another child, may close something. So it
 * waits, and fails when the scopes have given nothing back for as long as the pool's patience.
 *
 * RING. A holds 40 of 100 and requests 30, B holds 40 and requests 40: each leaves over what it requests, and both wait
 * for ever. The line is strict, so there is one more way to get there: A holds 40, X requests 100, and A requests 20
 * behind X. Both are this:
 *
 *    line:   … p … w     of those from p to w, the scopes hold H together, and p requests more than the capacity less H
 *
 * None from p on is granted before p is, so none of their scopes gets on, and p cannot be granted. Everything else,
 * free or held by what does not wait, is taken to come back, so that a slow worker is no ring. One fails, w: the one
 * without whose scopes p would fit. It came last of those that close the ring, so its patience, in which nothing at all
 * moved in the pool, covers the whole time that the ring has existed. Its failure ends its scopes, and the others go
 * on.
 *
 * BELOW. A coroutine has its bytes and waits in the line of the pool below, which counts whole blocks; all that is out
 * there is its own, and nothing came back for the whole patience.
 *
 * STALL. No waiter has been served for the whole patience. What coroutines hold by `withLease` is not known, because to
 * note it would cost every one of them more than the line does; so one that waits for itself in there hangs. A line may
 * also stand still rightly. So none fails, and a warning in the log says so, once for each standstill.
 *
 * One look for a pool, four times in its patience and only while something waits, in real time, on the library's own
 * thread: what hangs may have blocked the application's.
 *
 * Rejected: a timeout around the wait (looking loses the place in the line, and cancellation its promptness); a
 * watching coroutine for each waiter (an object and a timer a wait); asking at once whether all coroutines of a scope
 * wait (no coroutine says what it waits for).
 */

/** The watch over what waits for the bytes of one suspending pool. Any thread. */
internal class StallWatch(private val state: LineState) {
    private val line = state.line
    private val patience = state.patience.inWholeNanoseconds
    private val scoped: MutableSet<ScopedWaiter> = ConcurrentHashMap.newKeySet()
    private val below: MutableSet<PoolWaiter> = ConcurrentHashMap.newKeySet()
    private val isLooking = AtomicBoolean()

    // Belong to the look.
    private val served = Stillness<Long>()
    private var isReported = false

    /** Whether it watches at all. */
    val isOn: Boolean = !state.patience.isInfinite()

    /** Refuses [bytes] that the coroutine of [chain], which [context] names, could never get. */
    fun requireObtainable(bytes: Long, chain: ScopeChain, context: CoroutineContext) {
        val held = chain.heldForCertain()
        if (bytes <= line.capacity - held) return
        throw deadlock(DeadlockMessages.certain(state, bytes, chain, context), bytes, held)
    }

    /** Looks after [waiter] until [remove]. Does not fail: with a full heap it waits without a watch. */
    fun add(waiter: ScopedWaiter): Unit = asTheHeapAllows {
        waiter.returns.begin(waiter.chain?.returns() ?: 0, System.nanoTime())
        scoped.add(waiter)
        somethingWaits()
    }

    fun remove(waiter: ScopedWaiter) {
        scoped.remove(waiter)
    }

    /** The same of one in the line of the pool below. */
    fun add(waiter: PoolWaiter): Unit = asTheHeapAllows {
        below.add(waiter)
        somethingWaits()
    }

    fun remove(waiter: PoolWaiter) {
        below.remove(waiter)
    }

    /**
     * A request waits from now on. Costs a read while the watch is looking. Does not fail: with a full heap the next
     * one that waits begins the looks.
     */
    fun somethingWaits() {
        if (isLooking.get() || !isOn || !isLooking.compareAndSet(false, true)) return
        asTheHeapAllows {
            val _ = untilOver {
                served.begin(line.servedWaiters, System.nanoTime())
                isReported = false
                tryLookLater(WeakReference(this), state.patience / LOOKS)
            }
        }
    }

    /** Runs [action], which says whether another look follows; none does when it throws. */
    private inline fun untilOver(action: () -> Boolean): Boolean {
        var goesOn = false
        try {
            goesOn = action()
        } finally {
            if (!goesOn) isLooking.set(false)
        }
        return goesOn
    }

    private inline fun asTheHeapAllows(action: () -> Unit) {
        try {
            action()
        } catch (_: VirtualMachineError) {
            // A watch is for what stands still, and must not be what stops a request.
            return
        }
    }

    private fun look() {
        val goesOn = untilOver {
            val now = System.nanoTime()
            val failures = scoped.mapNotNull { fail(it, now) } + below.mapNotNull { fail(it, now) }
            if (failures.isNotEmpty()) Notifications.elsewhere { failures.forEach { it() } }
            reportStandstill(now)
            isNeeded && tryLookLater(WeakReference(this), state.patience / LOOKS)
        }
        // What began to wait just before has relied on this look.
        if (!goesOn && isNeeded) somethingWaits()
    }

    private val isNeeded: Boolean get() = line.waiters > 0 || below.isNotEmpty()

    /** What fails [waiter], if it waits in vain. */
    private fun fail(waiter: ScopedWaiter, now: Long): (() -> Unit)? {
        val chain = waiter.chain ?: return null
        val held = chain.held()
        val returnsNothing = waiter.returns.lasts(chain.returns(), now) >= patience
        val isStill = waiter.moment.lasts(listOf(line.used, line.servedWaiters, held, chain.returns()), now) >= patience
        val message = when {
            waiter.bytes > line.capacity - held && returnsNothing ->
                DeadlockMessages.suspected(state, waiter.bytes, chain, waiter.context)

            isStill -> Ring.closedBy(waiter, line)?.let {
                DeadlockMessages.ring(state, waiter.bytes, it, held, waiter.context)
            }

            else -> null
        }
        return message?.let { { waiter.fail(deadlock(it, waiter.bytes, held)) } }
    }

    private fun fail(waiter: PoolWaiter, now: Long): (() -> Unit)? {
        val blocks = waiter.blocks()
        val isOwn = blocks == state.pool.stats().used
        if (waiter.own.lasts(listOf(isOwn, blocks, waiter.returns()), now) < patience || !isOwn) return null
        val held = waiter.held()
        val message = DeadlockMessages.below(state, waiter.bytes, blocks, held, waiter.context)
        return { waiter.giveUp(deadlock(message, waiter.bytes, held)) }
    }

    private fun reportStandstill(now: Long) {
        val still = served.lasts(line.servedWaiters, now)
        if (still == 0L) isReported = false
        if (still < patience || isReported || line.waiters == 0 || line.isClosed) return
        isReported = true
        logWarning(DeadlockMessages.stall(state))
    }

    private fun deadlock(message: String, bytes: Long, held: Long) =
        state.errors.deadlock(message, state.pool.name, bytes, held)

    private companion object {
        /** How many looks there are in one patience. */
        const val LOOKS = 4

        // What is scheduled must not keep a pool alive that is forgotten together with what waits for it.
        fun tryLookLater(watch: WeakReference<StallWatch>, pause: Duration): Boolean =
            trySchedule(pause) { watch.get()?.look() }
    }
}
