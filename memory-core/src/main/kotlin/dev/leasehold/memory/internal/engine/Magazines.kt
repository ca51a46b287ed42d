package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The way of whole magazines between the caches of an engine's threads and its [store]: by the [depot]. Any thread.
 *
 * @param idleBound how many bytes may lie idle, in the depot and the store together
 */
internal class Magazines(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val depot: Depot,
    private val shortage: Shortage,
    private val idleBound: Long,
    override val hygiene: HygieneAction,
) : Supply {
    override fun takeDirect(classIndex: Int): Long =
        if (shortage.mayTake && !shortage.refuses(classIndex, SizeClasses.sizeOf(classIndex))) {
            store.lock.withLock { store.take(classIndex) }
        } else {
            0
        }

    override fun fullMagazine(classIndex: Int): Magazine {
        depot.take(classIndex)?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (!shortage.mayTake) return magazine
        store.lock.withLock {
            while (magazine.count < magazine.rounds.size) {
                val address = store.take(classIndex)
                if (address == 0L) break
                magazine.push(address)
            }
        }
        return magazine
    }

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    /** Leaves [magazine] in the depot, or, when enough is idle or memory is short, its blocks in the store. */
    override fun dispose(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return depot.leaveEmpty(classIndex, magazine)
        val bytes = magazine.count * SizeClasses.sizeOf(classIndex)
        if (shortage.mustReturn || depot.idleBytes + bytes > idleBound) return giveBack(classIndex, magazine)
        depot.leave(classIndex, magazine)
        // A thread that began to take everything back meanwhile may have passed the depot already.
        if (shortage.mustReturn) drain()
    }

    private fun giveBack(classIndex: Int, magazine: Magazine) {
        line.serveAfter { store.giveBackAll(magazine) }
        depot.leaveEmpty(classIndex, magazine)
        shortage.relieve()
    }

    /** Gives all that lies in the depot back to the store. */
    fun drain(): Unit = depot.drain(::giveBack)

    override fun served(): Unit = state.leaf.deliver()
}
