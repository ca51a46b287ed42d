@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.line

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeftOver
import dev.leasehold.memory.internal.spi.isBackground
import dev.leasehold.memory.internal.spi.requireStack
import dev.leasehold.memory.internal.spi.startVirtual
import java.util.concurrent.atomic.AtomicReference

/** What is notified, by [Notifications], that it was served or refused. */
internal abstract class Notified {
    /** The next one to be notified. Belongs to the thread that collects, then to the one that notifies. */
    @JvmField
    var nextNotified: Notified? = null

    /**
     * It was served or refused. On the thread that caused that, which holds no lock. May run code of users.
     *
     * After an error of the virtual machine this is called again, until it does not throw one: so it must be thrown
     * before anything has happened, or the next call must find that nothing is left to be done.
     */
    abstract fun notified()
}

/**
 * Notifies waiters, one after the other.
 *
 * A waiter whose coroutine has no dispatcher, or an unconfined one, runs on the spot, and may give bytes back that are
 * granted to the next, which would run inside of it, and so on until the stack is full. So what is to be notified while
 * this thread is already notifying goes to the end of its list, and the inner call works on that list; but where calls
 * are nested deep, it leaves the rest to the one around it.
 *
 * What a waiter throws, whose dispatcher is broken for example, goes to this thread's handler of uncaught exceptions:
 * the caller gives bytes back, or joins the line, and has no part in it. Where the heap or the stack is full, the
 * waiter is notified a second later, from another thread.
 *
 * Rejected: to leave it to the outermost call always. A coroutine that runs on the spot may block until one has been
 * notified to which it gave bytes itself (`runBlocking` in an unconfined one does), and then that would never be.
 */
internal object Notifications {
    /** How deep calls notify inside of each other. */
    private const val DEEPEST = 16

    /** How deep a dispatcher, or a future, may go; a second later it has all the room that it wants. */
    private const val CALLS = 24

    /** What this thread still has to notify. Kept when empty: to make it anew would cost more than the rest. */
    private val REST: ThreadLocal<Rest> = ThreadLocal.withInitial { Rest() }

    /** Those to be notified, linked. Belongs to one thread. */
    private class Rest {
        private var first: Notified? = null
        private var last: Notified? = null
        private var depth = 0

        fun add(more: Notified) {
            val behind = last
            if (behind == null) first = more else behind.nextNotified = more
            var end = more
            while (true) end = end.nextNotified ?: break
            last = end
        }

        /** Notifies all that are left, also those that come meanwhile; unless enough calls around this one do. */
        fun work() {
            if (depth == DEEPEST) return
            depth++
            while (true) {
                val next = next() ?: break
                try {
                    next.notified()
                } catch (_: VirtualMachineError) {
                    later(next)
                } catch (failure: Throwable) {
                    report(failure)
                }
            }
            depth--
        }

        private fun report(failure: Throwable) {
            val thread = Thread.currentThread()
            try {
                thread.uncaughtExceptionHandler.uncaughtException(thread, failure)
            } catch (_: Throwable) {
                // The platform ignores what such a handler throws, and so does this: others wait to be notified.
                return
            }
        }

        private fun next(): Notified? {
            val next = first ?: return null
            first = next.nextNotified
            if (first == null) last = null
            next.nextNotified = null
            return next
        }
    }

    /** Those that could not be notified, linked, the last first. */
    private val late = AtomicReference<Notified?>()

    private val lateRound = LeftOver {
        if (late.get() != null) elsewhere(::notifyLate)
        late.get() != null
    }

    /**
     * Notifies [first] and all that follow it. A failure of one keeps neither the others nor the caller from going on.
     */
    fun all(first: Notified) {
        try {
            requireStack(CALLS)
            if (isBackground) elsewhere { notifyAll(first) } else notifyAll(first)
        } catch (_: VirtualMachineError) {
            laterAll(first)
        }
    }

    // When this throws, none has been notified.
    private fun notifyAll(first: Notified) {
        val rest = REST.get()
        rest.add(first)
        rest.work()
    }

    private fun laterAll(first: Notified) {
        var next: Notified? = first
        while (next != null) {
            val one = next
            next = one.nextNotified
            later(one)
        }
    }

    private fun later(notified: Notified) {
        while (true) {
            val seen = late.get()
            notified.nextNotified = seen
            if (late.compareAndSet(seen, notified)) break
        }
        lateRound.expect()
    }

    private fun notifyLate() {
        all(late.getAndSet(null) ?: return)
    }

    /** Runs [action], which may run code of users, on a thread of its own: the library's background thread must not. */
    fun elsewhere(action: () -> Unit) {
        val _ = startVirtual("leasehold-notify", action)
    }
}
