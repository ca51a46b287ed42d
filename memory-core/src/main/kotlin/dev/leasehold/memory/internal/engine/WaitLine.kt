package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.Tenure
import java.lang.foreign.Arena
import java.util.concurrent.locks.LockSupport
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Those who wait for memory, first come, first served.
 *
 * A waiter says how it would take what it wants; whoever gives something back runs that for the first in line, under
 * the lock, and wakes it with the block in hand. So nothing can be lost between a wake-up and a take, and nobody
 * overtakes.
 */
internal class WaitLine(private val lock: ReentrantLock) {
    /** One who waits. [attempt] takes the block, or answers null. */
    private class Waiter(val attempt: () -> Taken?) {
        val thread: Thread = Thread.currentThread()

        @Volatile var taken: Taken? = null
    }

    private val waiters = ArrayDeque<Waiter>()

    @Volatile private var waiting = 0

    @Volatile private var closed = false

    /** How many wait now. */
    val length: Int get() = waiting

    /** Serves the line as far as memory reaches. Called after something came back, under the lock. */
    fun serve() {
        while (true) {
            val first = waiters.firstOrNull() ?: return
            first.taken = first.attempt() ?: return
            waiters.removeFirst()
            waiting = waiters.size
            LockSupport.unpark(first.thread)
        }
    }

    /** Wakes everybody empty-handed. */
    fun close() = lock.withLock {
        closed = true
        waiters.forEach { LockSupport.unpark(it.thread) }
        waiters.clear()
        waiting = 0
    }

    /**
     * Waits in line, after [joined] has run, until [attempt], run by whoever gives something back, has taken a block;
     * null when [nanos] passed or the line was closed. For what may come back without anybody here being told,
     * [look] is run every so often, by the thread that waits.
     *
     * @throws InterruptedException when the thread was interrupted; what it had been handed has gone to [giveBack]
     */
    fun await(
        nanos: Long,
        joined: () -> Unit,
        attempt: () -> Taken?,
        giveBack: (Taken) -> Unit,
        look: (() -> Unit)? = null,
    ): Taken? {
        val deadline = System.nanoTime() + nanos
        val waiter = Waiter(attempt)
        lock.withLock {
            if (closed) return null
            waiters.addLast(waiter)
            waiting = waiters.size
            serve()
        }
        try {
            joined()
            park(waiter, deadline, look)
        } catch (failure: Throwable) {
            lock.withLock { leave(waiter) }?.let(giveBack)
            throw failure
        }
        val taken = lock.withLock { leave(waiter) }
        if (Thread.interrupted()) {
            if (taken != null) giveBack(taken)
            throw InterruptedException("interrupted while waiting for memory")
        }
        return taken
    }

    private fun park(waiter: Waiter, deadline: Long, look: (() -> Unit)?) {
        var pause = FIRST_LOOK
        while (waiter.taken == null && !closed && !Thread.currentThread().isInterrupted) {
            val left = deadline - System.nanoTime()
            if (left <= 0) return
            LockSupport.parkNanos(this, if (look == null) left else minOf(left, pause))
            look?.invoke()
            pause = minOf(2 * pause, LAST_LOOK)
        }
    }

    private fun leave(waiter: Waiter): Taken? {
        if (waiter.taken == null) {
            waiters.remove(waiter)
            waiting = waiters.size
            // The one behind may be content with what was too little for this one.
            serve()
        }
        return waiter.taken
    }

    private companion object {
        /** How long until the second look, in nanoseconds; twice as long until the next each time. */
        const val FIRST_LOOK = 1_000_000L
        const val LAST_LOOK = 64_000_000L
    }
}

/** A block on its way to a lease: where it lies, what kind it is, and where it goes back to. */
internal class Taken(val address: Long, val code: Int, val home: BlockHome)

/** A block on its way to a shared lease: where it lies, the lease's word, and what ends with the lease. */
internal class Placed(val address: Long, val word: Int, val tenure: Tenure, val arena: Arena?)
