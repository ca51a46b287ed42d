package dev.leasehold.memory.coroutines

import java.util.concurrent.ConcurrentHashMap

/** The threads that stand in the line of the pool below, so that a close can call them out of it. */
internal class Turns {
    private val threads: MutableSet<Thread> = ConcurrentHashMap.newKeySet()

    @Volatile
    private var closed = false

    /** Runs [action], which is interrupted when this is closed, or was before. */
    inline fun <R> during(action: () -> R): R {
        val thread = Thread.currentThread()
        enter(thread)
        try {
            return action()
        } finally {
            leave(thread)
        }
    }

    fun close() {
        closed = true
        threads.forEach { it.interrupt() }
    }

    private fun enter(thread: Thread) {
        threads.add(thread)
        // After it was added, so that this or the close sees the other.
        if (closed) thread.interrupt()
    }

    private fun leave(thread: Thread) {
        threads.remove(thread)
    }
}
