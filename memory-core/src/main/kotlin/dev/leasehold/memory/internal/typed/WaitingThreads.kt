package dev.leasehold.memory.internal.typed

import java.lang.invoke.VarHandle
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
import java.util.function.LongSupplier

/**
 * Threads that wait until something can be done, and are woken in the order in which they came.
 *
 * Those that make it possible look at [attention] alone, without a barrier, and call [wakeFirst] where that is not 0.
 * So it may happen, within some nanoseconds, that a thread has come to wait and is not seen, and has itself not seen
 * what was just made possible. Therefore a thread that has come looks once more a moment later, and every so often
 * while it sleeps. That also serves for what another process does in shared memory.
 *
 * The first in line is woken. Where it succeeds it leaves, and wakes the next; where it fails it stays in its place.
 *
 * @param attention counts all that wait; several lines may share it
 * @param ordered whether only the first in line tries: what wants little then does not overtake what wants much
 */
internal class WaitingThreads(private val attention: AtomicInteger, private val ordered: Boolean) {
    private class Waiter(val thread: Thread) {
        /** Whether it has been woken since it last tried. */
        @Volatile var woken = false
    }

    private val line = ConcurrentLinkedQueue<Waiter>()

    /** Whether none waits. */
    val isEmpty: Boolean get() = line.isEmpty()

    /** Wakes the first that waits, if any does. */
    fun wakeFirst() {
        // What the caller has done comes before its look at what the waiter does.
        VarHandle.fullFence()
        line.peek()?.let(::wake)
    }

    /** Wakes all. */
    fun wakeAll() {
        VarHandle.fullFence()
        line.forEach(::wake)
    }

    private fun wake(waiter: Waiter) {
        if (waiter.woken) return
        waiter.woken = true
        LockSupport.unpark(waiter.thread)
    }

    /**
     * Tries [attempt], which returns a negative number for "not yet", until it succeeds; for up to [nanos] nanoseconds.
     *
     * @return what it returned, or -1 when the time has passed
     * @throws InterruptedException when the thread was interrupted and [attempt] had not succeeded
     */
    fun await(nanos: Long, attempt: LongSupplier): Long {
        val start = System.nanoTime()
        if (isEmpty) {
            repeat(SPINS) {
                val result = attempt.asLong
                if (result >= 0) return result
                Thread.onSpinWait()
            }
        }
        val waiter = Waiter(Thread.currentThread())
        line.add(waiter)
        attention.getAndIncrement()
        try {
            return sleepUntil(waiter, start, nanos, attempt)
        } finally {
            attention.getAndDecrement()
            val _ = line.remove(waiter)
            wakeFirst()
        }
    }

    private fun sleepUntil(waiter: Waiter, start: Long, nanos: Long, attempt: LongSupplier): Long {
        var look = FIRST_LOOK
        while (true) {
            waiter.woken = false
            VarHandle.fullFence()
            val result = if (ordered && line.peek() !== waiter) -1 else attempt.asLong
            if (result >= 0) return result
            val left = nanos - (System.nanoTime() - start)
            if (left <= 0) return -1
            if (!waiter.woken) LockSupport.parkNanos(this, minOf(left, look))
            if (Thread.interrupted()) throw InterruptedException("interrupted while waiting for a chunk ring")
            look = minOf(2 * look, LONGEST_LOOK)
        }
    }

    private companion object {
        /** How often to try before sleep is thought of. */
        const val SPINS = 200

        /** How long until the second look, in nanoseconds; twice as long until the next each time. */
        const val FIRST_LOOK = 20_000L
        const val LONGEST_LOOK = 64_000_000L
    }
}
