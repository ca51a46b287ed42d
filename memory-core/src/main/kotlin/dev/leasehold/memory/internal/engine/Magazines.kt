package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The way of whole magazines between the caches of an engine's threads and its [store]: by the [depot]. Any thread.
 *
 * @param idleBound how many bytes may lie idle here; with 0 nothing does
 */
internal class Magazines(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val depot: Depot,
    private val shortage: Shortage,
    idleBound: Long,
    private val purge: Purge,
    override val hygiene: HygieneAction,
) : Supply {
    override val shape = CacheShape(state.leaf.leastLimit, idleBound)

    private val keepsNothing = idleBound == 0L

    override fun takeDirect(classIndex: Int): Long {
        if (!shortage.mayTake) return 0
        val returned = shortage.takeReturned(classIndex)
        if (returned != 0L) return returned
        if (shortage.refuses(classIndex, SizeClasses.sizeOf(classIndex))) return 0
        return store.lock.withLock { store.take(classIndex) }
    }

    override fun giveBackDirect(classIndex: Int, address: Long): Boolean = shortage.keepReturned(classIndex, address)

    override fun fullMagazine(classIndex: Int, wanted: Int): Magazine {
        depot.take(classIndex)?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (!shortage.mayTake) return magazine
        store.lock.withLock {
            while (magazine.count < wanted) {
                val address = store.take(classIndex)
                if (address == 0L) break
                magazine.push(address)
            }
        }
        return magazine
    }

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    /** Leaves [magazine] in the depot, or, when nothing may lie idle or memory is short, its blocks in the store. */
    override fun dispose(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return depot.leaveEmpty(classIndex, magazine)
        if (shortage.mustReturn || keepsNothing) return giveBack(classIndex, magazine)
        depot.leave(classIndex, magazine)
        purge.arrived()
        // A thread that began to take everything back meanwhile may have passed the depot already.
        if (shortage.mustReturn) drain()
    }

    private fun giveBack(classIndex: Int, magazine: Magazine) {
        line.serveAfter { store.giveBackAll(magazine) }
        depot.leaveEmpty(classIndex, magazine)
        shortage.cameBack()
    }

    /** Gives all that lies in the depot back to the store. */
    fun drain() {
        if (depot.idleBytes == 0L) return
        line.serveAfter { depot.drainInto(store, Long.MAX_VALUE) }
        shortage.cameBack()
    }

    override fun served(): Unit = state.leaf.deliver()
}

/**
 * Brings at least [wanted] bytes to [store], the largest blocks first. Under the store's lock, so that a request which
 * finds them gone from here waits until they are there.
 */
internal fun Depot.drainInto(store: SlabStore, wanted: Long) {
    store.comesBack()
    drain(wanted) { classIndex, magazine ->
        store.giveBackAll(magazine)
        leaveEmpty(classIndex, magazine)
    }
}
