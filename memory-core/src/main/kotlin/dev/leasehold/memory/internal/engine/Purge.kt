package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.LargeDepot
import dev.leasehold.memory.internal.cache.StripedCount
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.platform.Upkeep
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * Gives memory that lies idle back to the system: in the background, and in steps between which others get the store.
 *
 * Once a second it looks what the least was that lay idle at any moment of that second, so what a producer and a
 * consumer toss to and fro stays, however much of it is idle between two of their turns, and no close leads to a system
 * call by itself. Of that least goes
 *
 * - all that is above the [bound] of what may lie idle, where the room that threads' caches have counts as idle too;
 * - of the rest half, when nobody has used the engine in that second, and an eighth, when somebody has.
 *
 * The caches of threads that have slept for a second are emptied into the store first. So what nobody uses is gone
 * after some ten seconds, and then nothing looks here any more: whatever comes next to an emptied cache, the depots or
 * the store comes on a slow way that says so ([expect]).
 */
internal class Purge(
    private val store: SlabStore,
    private val depot: Depot,
    private val large: LargeDepot<LargeSource>,
    private val line: WaitLine,
    private val registry: CacheRegistry,
    private val shape: CacheShape,
    private val bound: Long,
) : Upkeep() {
    private val arrived = StripedCount()
    private var seenReturns = 0L

    // How many looks in a row the system took nothing back, and how many are left out for that.
    private var refusals = 0
    private var pause = 0

    /** How often something has [arrived]. */
    val arrivals: Long get() = arrived.sum()

    /** Something has come to a depot or into quarantine. */
    fun arrived() {
        arrived.add(1)
        expect()
    }

    override fun look(): Boolean {
        if (pause > 0) {
            pause--
            return true
        }
        // Looked at first: to empty a cache is no use.
        val hasMoved = store.returns + arrivals != seenReturns
        val isUsed = registry.sweepSleeping(::emptyInto) || hasMoved
        purge(isUsed)
        store.lock.withLock { store.beginPeriod() }
        depot.beginPeriod()
        large.beginPeriod()
        seenReturns = store.returns + arrivals
        return isUsed || idleNow > 0 || registry.isOpen
    }

    private fun emptyInto(cache: ThreadCache): Unit = line.serveAfter { cache.drainInto(store) }

    private val idleNow get() = store.idleNow + depot.idleBytes + large.idleBytes

    private fun purge(isUsed: Boolean) {
        val stored = store.lock.withLock { store.leastIdle }
        val mapped = large.leastIdle
        val all = stored + mapped + depot.leastIdle
        val above = all - maxOf(0, bound - shape.paidBytes)
        val aged = if (isUsed) {
            all / USED_PART
        } else if (all <= LEAST) {
            all
        } else {
            all / REST_PART
        }
        val wanted = minOf(all, maxOf(above, aged))
        if (wanted <= 0) return
        val before = idleNow
        inSteps(minOf(mapped, wanted - stored)) { line.serveAfter { large.drainInto(store, it) } }
        inSteps(wanted - stored - mapped) { line.serveAfter { depot.drainInto(store, it) } }
        inSteps(wanted) { store.lock.withLock { store.purge(it) } }
        refusals = if (idleNow < before || isUsed) 0 else minOf(refusals + 1, MOST_REFUSALS)
        pause = (1 shl refusals) - 1
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
        const val USED_PART = 8
        const val REST_PART = 2

        // Half of little is not worth a round of its own.
        const val LEAST = 1L shl 20
        const val MOST_REFUSALS = 6
    }
}
