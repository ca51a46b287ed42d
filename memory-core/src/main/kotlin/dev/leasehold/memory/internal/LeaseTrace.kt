@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal

import java.lang.ref.Cleaner
import java.util.concurrent.atomic.AtomicReference

/**
 * Where one lease was rented and closed, when its pool traces sites.
 *
 * It also reports a lease that was forgotten: when the lease is garbage and nobody closed it, one warning that begins
 * with `LEAK:` goes to the logger `dev.leasehold.memory`. The memory stays out: a view of it may live on, and handing
 * it to somebody else would be worse than losing it.
 */
internal class LeaseTrace private constructor(private val poolName: String, private val size: Long) {
    private val rented = Site.ofCaller()
    private val closed = AtomicReference<Site?>()

    /** Remembers the caller as the one who closed; the first close wins. */
    fun ended() {
        closed.compareAndSet(null, Site.ofCaller())
    }

    fun rentedAt(): String = "; rented at $rented"

    fun sites(): String = rentedAt() + "; closed at ${closed.get() ?: "an unknown site"}"

    private fun reportIfOpen() {
        if (closed.get() == null) {
            LOGGER.log(
                System.Logger.Level.WARNING,
                "LEAK: a lease of $size bytes from pool '$poolName' was never closed; rented at $rented by ${rented.thread}",
            )
        }
    }

    companion object {
        private val LOGGER: System.Logger = System.getLogger("dev.leasehold.memory")
        private val CLEANER: Cleaner by lazy { Cleaner.create() }

        /** A trace for a lease that is being made by the calling thread. */
        fun start(poolName: String, size: Long): LeaseTrace = LeaseTrace(poolName, size)

        /** Reports [trace] when [lease] becomes garbage before it was closed. */
        fun watch(lease: Any, trace: LeaseTrace) {
            CLEANER.register(lease, trace::reportIfOpen)
        }
    }
}

/** A line of the program outside of this library, and the thread that was there. */
internal class Site private constructor(private val frame: String, val thread: String) {
    override fun toString(): String = frame

    companion object {
        private val WALKER: StackWalker = StackWalker.getInstance()

        /** The nearest frame that is not the library's own; a test of the library counts as a caller. */
        fun ofCaller(): Site {
            val frame = WALKER.walk { frames ->
                frames.filter {
                    !isLibrary(it)
                }.findFirst().map { it.toStackTraceElement().toString() }.orElse("an unknown site")
            }
            return Site(frame, AccessFailures.describe(Thread.currentThread()))
        }

        private fun isLibrary(frame: StackWalker.StackFrame): Boolean {
            val name = frame.className
            if (!name.startsWith("dev.leasehold.memory.")) return false
            return !name.endsWith("Test") && !name.contains("Spec")
        }
    }
}
