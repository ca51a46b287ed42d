package dev.leasehold.memory.coroutines

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/**
 * The twin of [ByteLine] that looks at the free bytes, and then says in a second step that somebody waits. Who gives bytes back in
 * between sees nobody to serve.
 */
internal class HastyLine(private val capacity: Long) {
    private val state = AtomicLong(capacity)
    private val waiters = ConcurrentLinkedQueue<LineWaiter>()
    private val calls = AtomicInteger()

    val used: Long get() = capacity - (state.get() and FREE)

    fun tryTake(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen < bytes) return false
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
    }

    /** [tryTake] that minds only the bytes, and not who waits for them. */
    fun tryTakePast(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen and FREE < bytes) return false
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
    }

    fun giveBack(bytes: Long) {
        if (state.getAndAdd(bytes) < 0) serve()
    }

    fun join(waiter: LineWaiter) {
        waiters.add(waiter)
        serve()
    }

    fun abandon(waiter: LineWaiter) {
        if (waiter.goAway()) serve()
    }

    private fun serve() {
        if (calls.getAndIncrement() != 0) return
        val told = ArrayList<LineWaiter>()
        var answered = 1
        do {
            while (serveOne(told)) continue
            answered = calls.addAndGet(-answered)
        } while (answered != 0)
        told.forEach(LineWaiter::told)
    }

    private fun serveOne(told: MutableList<LineWaiter>): Boolean {
        val first = waiters.peek()
        if (first == null) {
            state.getAndUpdate { it and FREE }
            return false
        }
        if (!first.isGone && !take(first.bytes)) return false
        waiters.poll()
        if (first.grant()) {
            told += first
        } else if (!first.isGone) {
            error("a waiter was granted twice")
        }
        return true
    }

    private fun take(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen and FREE < bytes) break
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
        state.getAndUpdate { it or Long.MIN_VALUE }
        return false
    }

    private companion object {
        const val FREE = Long.MAX_VALUE
    }
}
