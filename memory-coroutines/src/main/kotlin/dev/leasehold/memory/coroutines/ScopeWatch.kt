package dev.leasehold.memory.coroutines

import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.CoroutineContext

/*
 * The watch over coroutines that wait inside of scopes: it finds those that would wait for ever, for themselves or for one another.
 *
 * CERTAIN. The body of a scope asks for more than the capacity less what its scope holds, and no other coroutine of the scope is
 * left. Nobody is going to give anything back, so it is told before it joins the line.
 *
 * SUSPECTED. A child asks for more than its scopes leave over. The body, or another child, may close something. So it waits, and
 * is told when the scopes have given nothing back for as long as the pool's patience.
 *
 * RING. A holds 40 of 100 and asks for 30, B holds 40 and asks for 40: each leaves over what it asks for, and both wait for ever. The
 * line is strict, so there is one more way to get there: A holds 40, X asks for 100, and A asks for 20 behind X. Both are this:
 *
 *    line:   … p … w      of those from p to w, the scopes hold H together, and p asks for more than the capacity less H
 *
 * Nobody from p on is granted before p is, so none of their scopes gets on, and p cannot be granted. Everything else, free or
 * held by whoever does not wait, is taken to come back, so that a slow worker is no ring. One is told, w: the one without whose
 * scopes p would fit. It came last of those that close the ring, so its patience, in which nothing at all moved in the pool,
 * covers the whole time that the ring has existed. With its failure its scopes end, and the others go on.
 *
 * The patience is a delay in the dispatcher of the coroutine that waits, so it passes in virtual time where that does. It starts
 * anew only when something has moved; else the watch of this waiter sleeps, and no clock runs. What could make a standstill
 * a ring afterwards wakes the sleepers: a lease that comes into a scope, and a waiter that leaves the line without its bytes.
 *
 * The watch runs beside the waiter, as a coroutine of its own, and does not touch its place in the line.
 *
 * Rejected: a timeout around the wait (whoever looks up loses its place in the line, and cancellation its promptness); one
 * periodic look over the whole line (never idle, so virtual time would never end); asking at once whether all coroutines of a
 * scope wait (no coroutine tells what it waits for).
 */

/** The watch over those who wait for the bytes of [pool]. Any thread. */
internal class ScopeWatch(private val pool: SuspendingPool) {
    private val sleepers: MutableSet<WatchedWaiter> = ConcurrentHashMap.newKeySet()

    /** Refuses [bytes] that the coroutine of [chain], which [context] names, could never get. */
    fun requireObtainable(bytes: Long, chain: ScopeChain, context: CoroutineContext) {
        val held = chain.heldForCertain()
        if (bytes > pool.capacity - held) throw DeadlockRefusals.certain(pool, bytes, chain, held, context)
    }

    /** [ByteLine.await] for a coroutine inside of scopes, which [context] names. */
    suspend fun await(bytes: Long, chain: ScopeChain, context: CoroutineContext): Boolean {
        val waiter = WatchedWaiter(pool.line, bytes, chain)
        val watches = CoroutineScope(currentCoroutineContext().minusKey(Job) + CoroutineName("leasehold-watch"))
        var granted = false
        try {
            granted = suspendCancellableCoroutine { continuation ->
                waiter.start(continuation)
                // Not before: a waiter that has no continuation yet could not be told the verdict.
                val _ = watches.launch(start = CoroutineStart.UNDISPATCHED) {
                    waiter.fail(verdict(waiter, chain, context))
                }
            }.isGranted
            return granted
        } finally {
            watches.cancel()
            sleepers.remove(waiter)
            waiter.forget()
            if (!granted) moved()
        }
    }

    /** A lease has come into a scope, or a waiter has left the line. Costs one look when nobody sleeps. */
    fun moved() {
        if (sleepers.isEmpty()) return
        for (waiter in sleepers) if (sleepers.remove(waiter)) waiter.alarm?.complete()
    }

    /** What is to be said of the wait, when there is something. Cancelled when the wait is over. */
    private suspend fun verdict(
        waiter: WatchedWaiter,
        chain: ScopeChain,
        context: CoroutineContext,
    ): RentDeadlockException {
        while (true) {
            val before = momentOf(chain)
            delay(pool.stallPatience)
            val held = chain.held()
            if (waiter.bytes > pool.capacity - held && chain.returns() == before.returns) {
                return DeadlockRefusals.suspected(pool, waiter.bytes, chain, held, context)
            }
            if (before != momentOf(chain)) continue
            Ring.closedBy(waiter, pool)?.let { return DeadlockRefusals.ring(pool, waiter.bytes, it, held, context) }
            sleep(waiter, before, chain)
        }
    }

    private suspend fun sleep(waiter: WatchedWaiter, before: Moment, chain: ScopeChain) {
        val alarm = Job()
        waiter.alarm = alarm
        sleepers.add(waiter)
        // What moved before it was among the sleepers did not wake it.
        if (before != momentOf(chain)) sleepers.remove(waiter) else alarm.join()
    }

    /**
     * What shows whether anything has moved. While somebody waits, bytes are taken only through the line, which counts that; so
     * when as many bytes are out as before, and nobody was served, nothing came back either.
     */
    private data class Moment(val used: Long, val served: Long, val held: Long, val returns: Long)

    private fun momentOf(chain: ScopeChain) =
        Moment(pool.line.used, pool.line.servedWaiters, chain.held(), chain.returns())
}
