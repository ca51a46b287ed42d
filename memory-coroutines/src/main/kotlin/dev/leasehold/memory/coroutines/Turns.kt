package dev.leasehold.memory.coroutines

import java.util.concurrent.ConcurrentHashMap

/**
 * The threads that stand in the line of the pool below for bytes that they have been granted, so that a close of the suspending
 * pool can call them out of it.
 */
internal class Turns {
    private class Turn(private val thread: Thread) {
        private var over = false

        var called = false
            private set

        fun call() {
            synchronized(this) {
                if (over) return
                called = true
                thread.interrupt()
            }
        }

        /** From here on no call reaches the thread, nor has left anything behind. */
        fun end() {
            synchronized(this) { over = true }
            if (called) Thread.interrupted()
        }
    }

    private val open: MutableSet<Turn> = ConcurrentHashMap.newKeySet()

    @Volatile
    private var closed = false

    /** Runs [action] on this thread; when this is closed meanwhile, or was before, and it waits, [refusal] is thrown. */
    fun <R> during(refusal: () -> Throwable, action: () -> R): R {
        val turn = Turn(Thread.currentThread())
        open.add(turn)
        // After it was added, so that this or the close sees the other.
        if (closed) turn.call()
        try {
            return action()
        } catch (interrupted: InterruptedException) {
            throw if (turn.called) refusal() else interrupted
        } finally {
            open.remove(turn)
            turn.end()
        }
    }

    /** Calls all out of the line, and whoever comes from now on. */
    fun close() {
        closed = true
        open.forEach { it.call() }
    }
}
