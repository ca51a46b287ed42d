@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.testing.internal

import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.WatchedMemory
import dev.leasehold.memory.internal.spi.onLoss
import dev.leasehold.memory.internal.spi.watchedMemory
import java.util.concurrent.ConcurrentHashMap

/**
 * One look at all leases and blocks that are taken from now on, in the whole process, and are not closed by its [end].
 *
 * From the outermost [begin] to its end all are watched. What became garbage meanwhile leaves the list of what is open,
 * and so is listened for: the list is read first, and each is in one of the two by then.
 *
 * Which test takes what cannot be seen from a lease: threads of pools and coroutines take for all. So one check is
 * running at a time, or several that are nested. Any thread.
 *
 * @param what whose check it is, in words
 * @param except the names of pools and managers that are not looked at
 */
internal class LeakCheck private constructor(
    private val what: String,
    private val except: Set<String>,
    private val outer: LeakCheck?,
) {
    // How it was set before the outermost one.
    private val sampledBefore: Int = outer?.sampledBefore ?: LeakDetection.sampleEvery
    private val known = ConcurrentHashMap.newKeySet<WatchedMemory>()
    private val lost = ConcurrentHashMap.newKeySet<WatchedMemory>()
    private var listening: AutoCloseable? = null
    private var isOver = false

    private fun begin() {
        if (LeakDetection.sampleEvery != 1) LeakDetection.sampleEvery = 1
        known.addAll(watchedMemory())
        // Not before: a loss that is none of the known has been reported to all by then.
        listening = onLoss { lost.add(it) }
    }

    /** Ends it: what is to be thrown, or null when nothing leaked. What it names no outer one names again. */
    fun end(): AssertionError? {
        val out = watchedMemory()
        close()
        val leaked = (out + lost).filterNot { it in known }
        generateSequence(outer) { it.outer }.forEach { it.known.addAll(leaked) }
        val named = leaked.map { it.held() }.filterNot { it.owner in except }
        if (named.isEmpty()) return null
        return AssertionError(LeakMessages.leaked(what, named))
    }

    private fun close() {
        listening?.close()
        synchronized(Companion) {
            isOver = true
            var innermost = running
            while (innermost != null && innermost.isOver) innermost = innermost.outer
            running = innermost
            if (innermost == null && LeakDetection.sampleEvery == 1) LeakDetection.sampleEvery = sampledBefore
        }
    }

    companion object {
        /** The check that the calling thread or coroutine is in. */
        val enclosing: ThreadLocal<LeakCheck?> = ThreadLocal()

        // The innermost. Under this object's lock.
        private var running: LeakCheck? = null

        /**
         * Begins a check, in [outer] if there is one.
         *
         * @throws IllegalStateException when another one is running
         */
        fun begin(what: String, except: Set<String>, outer: LeakCheck? = enclosing.get()): LeakCheck {
            synchronized(this) {
                val other = running
                check(other === outer) { LeakMessages.overlap(what, checkNotNull(other ?: outer).what) }
                val next = LeakCheck(what, except, other)
                running = next
                try {
                    next.begin()
                } catch (failure: Throwable) {
                    next.close()
                    throw failure
                }
                return next
            }
        }
    }
}
