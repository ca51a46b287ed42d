package dev.leasehold.memory.internal.engine

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * A request that waits for memory.
 *
 * @property thread the thread that waits for it; null where it is a coroutine or a future
 * @property take takes the block, under the line's lock; returns null when it cannot be had
 * @property wake called once, without a lock, when the request was served or the line was closed; a thread is unparked
 */
internal class Waiter(val thread: Thread?, val take: () -> Taken?, private val wake: () -> Unit = {}) {
    /** What it was served, once it was. */
    @Volatile
    var taken: Taken? = null

    /** Whether the line was closed first. */
    @Volatile
    var refused = false

    val isWaiting: Boolean get() = taken == null && !refused

    fun wakeUp(): Unit = if (thread != null) LockSupport.unpark(thread) else wake()
}

/**
 * The requests that wait for memory, first come, first served.
 *
 * A thread that gives something back takes the block for the first in line, under the lock, and wakes it with the block
 * in hand. So nothing can be lost between a wake-up and a take, and no request overtakes another.
 *
 * @param lock the lock of what memory is taken from
 */
internal class WaitLine(private val lock: ReentrantLock) {
    private val waiters = ArrayDeque<Waiter>()

    // Served and not woken: waking may run a coroutine, so it waits for the end of the lock.
    private val served = ConcurrentLinkedQueue<Waiter>()

    @Volatile private var waiting = 0

    @Volatile private var closed = false

    /** How many wait now. */
    val length: Int get() = waiting

    /** Runs [action], which gives memory back, under the lock, and serves the line. */
    inline fun serveAfter(action: () -> Unit) {
        lock.withLock {
            action()
            serve()
        }
        wakeServed()
    }

    /** Serves the line as far as memory reaches. */
    fun serveNow(): Unit = serveAfter {}

    private fun serve() {
        while (true) {
            val first = waiters.firstOrNull() ?: return
            first.taken = first.take() ?: return
            waiters.removeFirst()
            waiting = waiters.size
            served.add(first)
        }
    }

    private fun wakeServed() {
        while (true) (served.poll() ?: return).wakeUp()
    }

    /** Wakes all that wait, without memory. */
    fun close() {
        lock.withLock {
            closed = true
            for (waiter in waiters) waiter.refused = true
            served.addAll(waiters)
            waiters.clear()
            waiting = 0
        }
        wakeServed()
    }

    /** Puts [waiter] at the end of the line; it may be woken before this returns. */
    fun join(waiter: Waiter) {
        serveAfter {
            if (closed) {
                waiter.refused = true
                served.add(waiter)
            } else {
                waiters.addLast(waiter)
                waiting = waiters.size
            }
        }
    }

    /** Takes [waiter] out of the line; false when it had been served, or refused, before. */
    fun leave(waiter: Waiter): Boolean {
        var left = false
        // The one behind may be content with what was too little for this one.
        serveAfter {
            left = waiters.remove(waiter)
            waiting = waiters.size
        }
        return left
    }

    /**
     * Waits in line with the calling thread's [waiter] until it has been served; null when [nanos] passed or the line
     * was closed.
     *
     * @param joined runs when it has joined, for what came back before that
     * @param giveBack where a block goes that came too late
     * @param look runs every so often, on this thread, for what comes back without a word to this line
     * @throws InterruptedException when the thread was interrupted
     */
    fun await(waiter: Waiter, nanos: Long, joined: () -> Unit, giveBack: (Taken) -> Unit, look: () -> Unit): Taken? {
        val deadline = System.nanoTime() + nanos
        join(waiter)
        try {
            joined()
            park(waiter, deadline, look)
        } catch (failure: Throwable) {
            if (!leave(waiter)) waiter.taken?.let(giveBack)
            throw failure
        }
        val taken = if (waiter.isWaiting && leave(waiter)) null else waiter.taken
        if (Thread.interrupted()) {
            if (taken != null) giveBack(taken)
            throw InterruptedException("interrupted while waiting for memory")
        }
        return taken
    }

    private fun park(waiter: Waiter, deadline: Long, look: () -> Unit) {
        var pause = FIRST_LOOK
        while (waiter.isWaiting && !Thread.currentThread().isInterrupted) {
            val left = deadline - System.nanoTime()
            if (left <= 0) return
            LockSupport.parkNanos(this, minOf(left, pause))
            look()
            pause = minOf(2 * pause, LAST_LOOK)
        }
    }

    private companion object {
        /** How long until the second look, in nanoseconds; twice as long until the next each time. */
        const val FIRST_LOOK = 1_000_000L
        const val LAST_LOOK = 64_000_000L
    }
}
