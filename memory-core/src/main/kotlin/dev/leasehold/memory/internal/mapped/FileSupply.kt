package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.platform.StackRoom
import kotlin.concurrent.withLock

/**
 * The way of whole magazines between the caches of a session's threads and its [store]. Caches and depot know blocks by
 * their addresses, the store by their offsets in the file, which begins at [base]. Any thread.
 *
 * @param idleBound how many bytes may lie idle
 * @param ended runs when something has come back after the end
 */
internal class FileSupply(
    private val state: EngineState,
    private val store: FileStore,
    private val line: WaitLine,
    private val base: Long,
    private val idleBound: Long,
    override val hygiene: HygieneAction,
    private val ended: () -> Unit,
) : Supply {
    private val depot = Depot()
    override val shape = CacheShape(state.leaf.leastLimit, idleBound)

    private val mayTake: Boolean get() = !state.closed && line.length == 0

    override fun takeDirect(classIndex: Int): Long {
        if (!mayTake) return 0
        StackRoom.require()
        return store.lock.withLock { takeLocked(classIndex) }
    }

    /** [takeDirect] under the lock of the store, also for a request in the line. */
    fun takeLocked(classIndex: Int): Long {
        if (classIndex > LARGEST_CLASS) return 0
        val offset = store.take(classIndex)
        return if (offset == 0L) 0 else base + offset
    }

    override fun giveBackDirect(classIndex: Int, address: Long): Boolean {
        giveBack { store.giveBack(address - base) }
        if (state.closed) ended()
        return true
    }

    override fun fullMagazine(classIndex: Int, wanted: Int): Magazine {
        if (state.left.isAny) state.left.giveBack()
        depot.take(classIndex)?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (!mayTake) return magazine
        store.lock.withLock {
            while (magazine.count < wanted) {
                val address = takeLocked(classIndex)
                if (address == 0L) break
                magazine.push(address)
            }
        }
        return magazine
    }

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    override fun dispose(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return depot.leaveEmpty(classIndex, magazine)
        if (mayTake && depot.idleBytes < idleBound / 2 && depot.tryLeave(classIndex, magazine)) {
            // A thread that began to take everything back meanwhile may have passed the depot already.
            if (!mayTake) drain()
            return
        }
        giveBack { while (magazine.count > 0) store.giveBack(magazine.pop() - base) }
        depot.leaveEmpty(classIndex, magazine)
    }

    override fun giveBackOne(classIndex: Int, address: Long): Unit = giveBack { store.giveBack(address - base) }

    /** Gives all that lies in the depot back to the store. */
    fun drain() {
        if (depot.idleBytes == 0L) return
        giveBack {
            depot.drain(Long.MAX_VALUE) { _, magazine ->
                while (magazine.count > 0) store.giveBack(magazine.pop() - base)
            }
        }
    }

    /** Runs [action], which gives something back to the store, and sees to what lies idle there then. */
    inline fun giveBack(action: () -> Unit): Unit = line.serveAfter { if (!state.cleared) action() }

    override fun served(): Unit = state.leaf.deliver()

    private companion object {
        // Larger ones have runs of their own.
        val LARGEST_CLASS = SizeClasses.indexOf(RunShape.LARGEST)
    }
}
