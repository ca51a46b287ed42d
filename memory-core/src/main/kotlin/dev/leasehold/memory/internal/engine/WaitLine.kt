package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.store.Chain
import dev.leasehold.memory.internal.store.ChainNode
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
internal class Waiter(val thread: Thread?, val take: () -> Taken?, private val wake: () -> Unit = {}) :
    ChainNode<Waiter>() {
    /** What it was served, once it was. */
    @Volatile
    var taken: Taken? = null

    /** Whether the line was closed first. */
    @Volatile
    var refused = false

    /** Why it could not be served although memory was there: the heap was full. It has left the line then. */
    @Volatile
    var failure: OutOfMemoryError? = null

    /** Kept by the line, under its lock. */
    var isInLine = false

    val isWaiting: Boolean get() = taken == null && !refused && failure == null

    fun wakeUp(): Unit = if (thread != null) LockSupport.unpark(thread) else wake()
}

/**
 * The requests that wait for memory, first come, first served.
 *
 * A thread that gives something back takes the block for the first in line, under the lock, and wakes it with the block
 * in hand. So nothing can be lost between a wake-up and a take, no request overtakes another, and none has to look
 * whether something came.
 *
 * The line goes through the waiters themselves: to join it and to leave it take the same few steps however long it is,
 * and give-backs, which serve it, allocate nothing.
 *
 * @param lock the lock of what memory is taken from
 * @param emptied runs under the lock when the last has left
 */
internal class WaitLine(private val lock: ReentrantLock, private val emptied: () -> Unit = {}) {
    private val waiters = Chain<Waiter>()

    // Out of the line and not woken: waking may run a coroutine, so it waits for the end of the lock.
    private val over = Chain<Waiter>()

    @Volatile private var waiting = 0

    private var closed = false

    /** How the waits have ended that were in it. */
    val waits: WaitCounts = WaitCounts()

    /** How many wait now. */
    val length: Int get() = waiting

    /** Runs [action], which gives memory back, under the lock, and serves the line. */
    inline fun serveAfter(action: () -> Unit) {
        val woken = lock.withLock {
            action()
            serve()
            over.removeAll()
        }
        if (woken != null) wakeAll(woken)
    }

    /** Serves the line as far as memory reaches. */
    fun serveNow(): Unit = serveAfter {}

    private fun serve() {
        while (true) {
            val next = waiters.first ?: return
            try {
                next.taken = next.take() ?: return
            } catch (full: OutOfMemoryError) {
                // It is the request that has no heap, and not the thread that gives something back.
                next.failure = full
            }
            remove(next)
            over.addLast(next)
        }
    }

    private fun add(waiter: Waiter) {
        waiter.isInLine = true
        waiters.addLast(waiter)
        waiting++
    }

    private fun remove(waiter: Waiter) {
        waiters.remove(waiter)
        waiter.isInLine = false
        if (--waiting == 0) emptied()
    }

    /** Wakes [first] and all that follow it. */
    private fun wakeAll(first: Waiter) {
        var next: Waiter? = first
        while (next != null) {
            val waiter = next
            next = waiter.behind
            waiter.before = null
            waiter.behind = null
            wake(waiter)
        }
    }

    private fun wake(waiter: Waiter) {
        try {
            waiter.wakeUp()
        } catch (failure: Throwable) {
            // It is none of the thread's that has just given something back.
            Log.tryError(failure) { "a request for memory was served, and could not be woken" }
        }
    }

    /** Wakes all that wait, without memory. */
    fun close() {
        val woken = lock.withLock {
            closed = true
            while (true) {
                val next = waiters.first ?: break
                remove(next)
                next.refused = true
                over.addLast(next)
            }
            over.removeAll()
        }
        if (woken != null) wakeAll(woken)
    }

    /** Puts [waiter] at the end of the line; it may be woken before this returns. */
    fun join(waiter: Waiter) {
        val woken = lock.withLock {
            if (closed) {
                waiter.refused = true
                over.addLast(waiter)
            } else {
                add(waiter)
                // The one before it could not be served a moment ago.
                if (waiters.first === waiter) serve()
            }
            over.removeAll()
        }
        if (woken != null) wakeAll(woken)
    }

    /** Takes [waiter] out of the line; false when it had been served, or refused, before. */
    fun leave(waiter: Waiter): Boolean {
        var left = false
        val woken = lock.withLock {
            if (waiter.isInLine) {
                left = true
                val wasFirst = waiters.first === waiter
                remove(waiter)
                // The one behind may be content with what was too little for this one.
                if (wasFirst) serve()
            }
            over.removeAll()
        }
        if (woken != null) wakeAll(woken)
        return left
    }

    /**
     * Waits in line with the calling thread's [waiter] until it has been served; null when [deadline] passed or the
     * line was closed.
     *
     * @param deadline a moment of [System.nanoTime]
     * @param joined runs when it has joined, for what came back before that
     * @param giveBack where a block goes that came too late
     * @throws InterruptedException when the thread was interrupted
     */
    fun await(waiter: Waiter, deadline: Long, joined: () -> Unit, giveBack: (Taken) -> Unit): Taken? {
        join(waiter)
        try {
            joined()
            park(waiter, deadline)
        } catch (failure: Throwable) {
            if (!leave(waiter)) waiter.taken?.let(giveBack)
            throw failure
        }
        val taken = if (waiter.isWaiting && leave(waiter)) null else waiter.taken
        if (Thread.interrupted()) {
            if (taken != null) giveBack(taken)
            throw InterruptedException("interrupted while waiting for memory")
        }
        waiter.failure?.let { throw it }
        return taken
    }

    private fun park(waiter: Waiter, deadline: Long) {
        while (waiter.isWaiting && !Thread.currentThread().isInterrupted) {
            val left = deadline - System.nanoTime()
            if (left <= 0) return
            LockSupport.parkNanos(this, left)
        }
    }
}
