package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.LargeDepot
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.store.SlabStore
import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.LongAdder
import kotlin.concurrent.withLock
import kotlin.time.Duration.Companion.seconds

/**
 * Gives idle memory above the [bound] back to the system once it has lain idle for a whole period: in the background,
 * and in steps between which others get the store.
 *
 * What goes back is the least that was idle at any moment of the period. So what a producer and a consumer toss to and
 * fro stays, however much of it is idle between two of their turns, and no close leads to a system call by itself.
 */
internal class Purge(
    private val store: SlabStore,
    private val depot: Depot,
    private val large: LargeDepot<LargeSource>,
    private val line: WaitLine,
    private val bound: Long,
) {
    private val isExpected = AtomicBoolean()
    private val arrived = LongAdder()

    /** How often something has [arrived]. */
    val arrivals: Long get() = arrived.sum()

    /** Something has come to a depot or into quarantine. */
    fun arrived() {
        arrived.increment()
        expect()
    }

    /** Sees to it that what is idle now is looked at, if it is too much. Costs two reads when it is not. */
    fun expect() {
        if (isOver() && !isExpected.get() && isExpected.compareAndSet(false, true)) begin()
    }

    private fun isOver() = store.idleNow + depot.idleBytes + large.idleBytes > bound

    private fun begin() {
        store.lock.withLock { store.beginPeriod() }
        depot.beginPeriod()
        large.beginPeriod()
        lookLater(WeakReference(this))
    }

    private fun look() {
        try {
            purge()
        } finally {
            isExpected.set(false)
            // Also for what came back just before, which has relied on this look.
            expect()
        }
    }

    private fun purge() {
        val stored = store.lock.withLock { store.leastIdle }
        val mapped = large.leastIdle
        val all = stored + mapped + depot.leastIdle - bound
        inSteps(minOf(mapped, all - stored)) { line.serveAfter { large.drainInto(store, it) } }
        inSteps(all - stored - mapped) { line.serveAfter { depot.drainInto(store, it) } }
        inSteps(all) { store.lock.withLock { store.purge(it) } }
    }

    private inline fun inSteps(bytes: Long, step: (bytes: Long) -> Unit) {
        var left = bytes
        while (left > 0) {
            step(minOf(left, STEP))
            left -= STEP
        }
    }

    private companion object {
        const val STEP = 4L shl 20

        // What is scheduled must not keep a pool alive that is forgotten.
        fun lookLater(purge: WeakReference<Purge>) {
            val _ = Background.schedule(1.seconds) { purge.get()?.look() }
        }
    }
}
