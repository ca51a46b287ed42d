@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.access.AccessFailures
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseKeeper
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.util.concurrent.atomic.AtomicReference

/**
 * Where one lease or block was taken and closed, when its pool or manager traces sites.
 *
 * It also reports one that was forgotten: when it is garbage and nobody closed it, one warning that begins with `LEAK:`
 * goes to the logger `dev.leasehold.memory`. The memory stays out: a view of it may live on, and handing it to somebody
 * else would be worse than losing it.
 */
internal class LeaseTrace private constructor(
    private val what: String,
    private val verb: String,
    // Its words and not the owner, which may point to the lease: what is watched must not be reachable from here.
    private val renter: String? = null,
) {
    private val taken = Site.ofCaller()
    private val closed = AtomicReference<Site?>()

    /** Remembers the caller as the one who closed; the first close wins. */
    fun ended() {
        closed.compareAndSet(null, Site.ofCaller())
    }

    /** Where it was taken, as the tail of a message. */
    fun takenAt(): String = "; $verb at $taken${forWhom()}"

    /** Where it was taken, and by whom, as a line of a list. */
    fun origin(): String = "$verb at $taken by ${taken.thread}${forWhom()}"

    private fun forWhom() = if (renter == null) "" else " for $renter"

    /** Where it was taken and where it was closed, as the tail of a message. */
    fun sites(): String = takenAt() + "; closed at ${closed.get() ?: "an unknown site"}"

    private fun reportIfOpen() {
        if (closed.get() == null) {
            Log.warn("LEAK: $what was never closed; ${origin()}")
        }
    }

    companion object {
        /** A trace for a lease that is being made by the calling thread. */
        fun start(poolName: String, size: Long): LeaseTrace = start(poolName, size, null)

        /** The same for a lease that [owner] has. */
        fun start(poolName: String, size: Long, owner: LeaseOwner?): LeaseTrace =
            LeaseTrace("a lease of $size bytes from pool '$poolName'", "rented", (owner as? LeaseKeeper)?.renter)

        /** A trace for a block that is being made by the calling thread. */
        fun ofBlock(managerName: String, size: Long): LeaseTrace =
            LeaseTrace("a block of $size bytes from manager '$managerName'", "allocated")

        /** Reports [trace] when [owner], a lease or a block, becomes garbage before it was closed. */
        fun watch(owner: Any, trace: LeaseTrace) {
            Background.whenGarbage(owner, trace::reportIfOpen)
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
