package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The way of whole magazines between the caches of an engine's threads and its [store]: by the [depot]. Any thread.
 *
 * @param keepsNothing whether nothing may lie idle here
 */
internal class Magazines(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val depot: Depot,
    private val shortage: Shortage,
    private val keepsNothing: Boolean,
    private val purge: Purge,
    override val shape: CacheShape,
    override val hygiene: HygieneAction,
) : Supply {

    override fun takeDirect(classIndex: Int): Long {
        if (!shortage.mayTake) return 0
        val returned = shortage.takeReturned(classIndex)
        if (returned != 0L) return returned
        StackRoom.require()
        if (state.left.isAny) state.left.giveBack()
        if (shortage.refuses(classIndex, SizeClasses.sizeOf(classIndex))) return 0
        return store.lock.withLock { store.take(classIndex) }
    }

    override fun giveBackDirect(classIndex: Int, address: Long): Boolean = shortage.keepReturned(classIndex, address)

    override fun fullMagazine(classIndex: Int, wanted: Int): Magazine {
        if (state.left.isAny) state.left.giveBack()
        depot.take(classIndex)?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (!shortage.mayTake) return magazine
        store.lock.withLock { fill(classIndex, magazine, wanted) }
        return magazine
    }

    private fun fill(classIndex: Int, magazine: Magazine, wanted: Int) {
        while (magazine.count < wanted) {
            val address = try {
                store.take(classIndex)
            } catch (full: OutOfMemoryError) {
                // Those that are in the magazine are enough.
                if (magazine.count > 0) return
                throw full
            }
            if (address == 0L) return
            magazine.push(address)
        }
    }

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    /** Leaves [magazine] in the depot, or, when nothing may lie idle or memory is short, its blocks in the store. */
    override fun dispose(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return depot.leaveEmpty(classIndex, magazine)
        val isLeft = !shortage.mustReturn && !keepsNothing && depot.tryLeave(classIndex, magazine)
        if (!isLeft) return giveBack(classIndex, magazine)
        purge.arrived()
        // A thread that began to take everything back meanwhile may have passed the depot already.
        if (shortage.mustReturn) drain()
    }

    private fun giveBack(classIndex: Int, magazine: Magazine) {
        line.serveAfter { store.giveBackAll(magazine) }
        depot.leaveEmpty(classIndex, magazine)
        shortage.cameBack()
    }

    override fun giveBackOne(classIndex: Int, address: Long) {
        line.serveAfter { store.giveBack(address) }
        shortage.cameBack()
    }

    /** Gives all that lies in the depot back to the store. */
    fun drain() {
        if (depot.idleBytes == 0L) return
        line.serveAfter { depot.drainInto(store, Long.MAX_VALUE) }
        shortage.cameBack()
    }

    override fun served() {
        state.leaf.deliver()
        purge.expect()
    }
}

/**
 * Brings at least [wanted] bytes to [store], the largest blocks first. Under the store's lock, so that a request which
 * finds them gone from here waits until they are there.
 */
internal fun Depot.drainInto(store: SlabStore, wanted: Long) {
    store.comesBack()
    // The magazines are garbage: what is emptied here is not filled again soon.
    drain(wanted) { _, magazine -> store.giveBackAll(magazine) }
}
