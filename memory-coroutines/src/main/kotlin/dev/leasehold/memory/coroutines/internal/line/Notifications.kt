@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.line

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.isBackground
import dev.leasehold.memory.internal.spi.startVirtual

/** What is notified, by [Notifications], that it was served or refused. */
internal abstract class Notified {
    /** The next one to be notified. Belongs to the thread that collects, then to the one that notifies. */
    @JvmField
    var nextNotified: Notified? = null

    /** It was served or refused. On the thread that caused that, which holds no lock. May run code of users. */
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
 * the caller gives bytes back, or joins the line, and has no part in it.
 *
 * Rejected: to leave it to the outermost call always. A coroutine that runs on the spot may block until one has been
 * notified to which it gave bytes itself (`runBlocking` in an unconfined one does), and then that would never be.
 */
internal object Notifications {
    /** How deep calls notify inside of each other. */
    private const val DEEPEST = 16

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

    /**
     * Notifies [first] and all that follow it. A failure of one keeps neither the others nor the caller from going on.
     */
    fun all(first: Notified) {
        if (isBackground) return elsewhere { notifyAll(first) }
        notifyAll(first)
    }

    private fun notifyAll(first: Notified) {
        val rest = REST.get()
        rest.add(first)
        rest.work()
    }

    /** Runs [action], which may run code of users, on a thread of its own: the library's background thread must not. */
    fun elsewhere(action: () -> Unit) {
        val _ = startVirtual("leasehold-notify", action)
    }
}
