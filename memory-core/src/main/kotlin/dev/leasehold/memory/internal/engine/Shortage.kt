package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.SlabStore
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Whether memory is short. Then all caches are bypassed, and what comes back goes straight to the store, where the line
 * is served; when enough has come back the caches are let go. Any thread.
 */
internal class Shortage(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val registry: CacheRegistry,
    private val refusals: Refusals,
    private val purge: Purge,
) {
    /** Whether every cache is bypassed because memory is short. */
    @Volatile
    var isOn = false
        private set

    // Held through a whole reclaim, so that a second request does not give up while the first is still collecting.
    private val lock = ReentrantLock()

    private val slot = ReturnSlot()

    // Requests between their reclaim and their look. Under the lock.
    private var requests = 0

    // Whether others wait for what comes back here. Written under the lock.
    @Volatile
    private var isLending = false

    // Made once: when the caches are let go nothing may fail for want of heap.
    private val isOpen = { !state.closed }

    /** Whether a block may be taken out of turn: not past requests that wait, and not when all is over. */
    val mayTake: Boolean get() = !state.closed && line.length == 0

    /** Whether what is idle belongs into the store. */
    val mustReturn: Boolean get() = state.closed || isOn

    /** Whether a request of [size] bytes, of the kind [code], was refused, and nothing since then could help it. */
    fun refuses(code: Int, size: Long): Boolean = isOn && !flush() && refusals.hold(code, size)

    /** Takes a block of [classIndex] that has just come back; 0 when there is none. */
    fun takeReturned(classIndex: Int): Long = slot.take(classIndex)

    /** Keeps the block at [address] for the next request of [classIndex]; false when it belongs into the store. */
    fun keepReturned(classIndex: Int, address: Long): Boolean {
        if (!isOn || isLending || !mayTake || !slot.offer(classIndex, address)) return false
        // One that waits, or that lets the caches go, may have looked before.
        if (!isOn || isLending || !mayTake) tryFlush()
        return true
    }

    // The block has come back: what is not flushed now for want of stack is by the next that is short of memory.
    private fun tryFlush() {
        try {
            StackRoom.require()
            flush()
        } catch (_: StackOverflowError) {
            return
        }
    }

    /** Gives the block that was kept back to the store; false when there is none. */
    @IgnorableReturnValue
    fun flush(): Boolean {
        if (slot.isEmpty) return false
        line.serveAfter {
            store.comesBack()
            val address = slot.takeAny()
            if (address != 0L) store.giveBack(address)
        }
        return true
    }

    /** Runs [collect], which learns whether the shortage begins, and then [request], which finds what was collected. */
    inline fun <T> during(collect: (begins: Boolean) -> Unit, request: () -> T): T {
        lock.withLock { requests++ }
        try {
            lock.withLock {
                val begins = !isOn
                isOn = true
                collect(begins)
            }
            return request()
        } finally {
            lock.withLock { requests-- }
            relieve()
        }
    }

    /**
     * While it [isWanted] by others, what comes back goes to the store, past all caches, and from there to the system.
     * Runs [collect] when that begins, as [during] does.
     */
    fun lend(isWanted: Boolean, collect: (begins: Boolean) -> Unit) {
        if (isWanted == isLending) return
        lock.withLock {
            if (isWanted == isLending) return
            isLending = isWanted
            requests += if (isWanted) 1 else -1
            if (isWanted) {
                val begins = !isOn
                isOn = true
                collect(begins)
            }
        }
        if (!isWanted) relieve()
    }

    /** Something has come back: lets the caches go when it is enough, and sees to what lies idle. */
    fun cameBack() {
        if (isLending) store.lock.withLock { store.trim() }
        purge.expect()
        relieve()
    }

    private fun relieve() {
        if (!isOn || !mayTake || refusals.areValid) return
        val out = store.lock.withLock { store.outBytes }
        if (out > state.leaf.limit / 4 * 3) return
        // Never waited for: the thread that has it relieves when it is done.
        if (!lock.tryLock()) return
        try {
            if (requests > 0 || line.length > 0) return
            isOn = false
            registry.letGo(isOpen)
        } finally {
            lock.unlock()
        }
        flush()
    }
}
