package dev.leasehold.memory.coroutines

import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.toJavaDuration

/**
 * Says in the log that the line of [pool] stands still: somebody waits, and nobody has got anything for as long as the pool's patience.
 *
 * [ScopeWatch] knows what scopes hold, and fails who waits for it. Nobody knows what coroutines hold by [withLease], because to note it
 * would cost every one of them more than the line does. So one that waits for itself in there hangs; this is how it is found. A line may
 * also stand still rightly, so nobody is failed for it.
 *
 * In real time, on a virtual thread, and only while somebody waits. Not as a delayed task of a common pool: what hangs may have
 * blocked just that.
 */
internal class StallReport(private val pool: SuspendingPool) {
    private val isLooking = AtomicBoolean()

    /** Somebody has been admitted to the line. Costs a read while that is being looked after. */
    fun somebodyWaits() {
        if (isLooking.get() || pool.stallPatience.isInfinite() || !isLooking.compareAndSet(false, true)) return
        val looks = Looks(pool, pool.line.servedWaiters)
        val _ = Thread.ofVirtual().name("leasehold-stall").inheritInheritableThreadLocals(false).start(looks)
    }

    /** Lets whoever waits next begin anew; who came just before has relied on this one. */
    private fun lookAway() {
        isLooking.set(false)
        if (pool.line.waiters > 0 && !pool.isClosed) somebodyWaits()
    }

    /** Looks once for each patience. Does not keep a pool alive that is forgotten together with those who wait for it. */
    private class Looks(pool: SuspendingPool, served: Long) : Runnable {
        private val pool = WeakReference(pool)
        private val patience = pool.stallPatience.toJavaDuration()
        private val standstill = Standstill(served)

        override fun run() {
            do Thread.sleep(patience) while (look())
        }

        /** A function of its own, so that nothing here refers to the pool while this thread sleeps. */
        private fun look(): Boolean {
            val pool = pool.get() ?: return false
            if (pool.line.waiters == 0 || pool.isClosed) {
                pool.stalls.lookAway()
                return false
            }
            if (standstill.begins(pool.line.servedWaiters)) {
                LOGGER.log(System.Logger.Level.WARNING, DeadlockRefusals.stall(pool))
            }
            return true
        }
    }

    private companion object {
        private val LOGGER: System.Logger = System.getLogger("dev.leasehold.memory")
    }
}

/** Finds from look to look, since [before] had been served, when a line stands still: each standstill once. */
internal class Standstill(private var before: Long) {
    private var isKnown = false

    /** Whether there is a standstill that was not there at the last look, now that [served] have been served. */
    fun begins(served: Long): Boolean {
        val stands = served == before
        before = served
        return (stands && !isKnown).also { isKnown = stands }
    }
}
