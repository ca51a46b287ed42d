package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.describe
import java.util.concurrent.atomic.AtomicReference

/**
 * Where one lease or block was taken and closed, when its pool or manager traces sites.
 *
 * It also reports one that was forgotten: when it is garbage and was never closed, one warning that begins with `LEAK:`
 * goes to the logger `dev.leasehold.memory`. The memory stays out: a view of it may live on, and handing it to another
 * holder would be worse than losing it.
 *
 * @property what the lease or block in words
 * @property participle how it was taken: rented or allocated
 * @property renter the thread or code that took it, in words: an object could lead back to the lease, which then would
 *   never be garbage
 */
internal class Trace private constructor(
    private val what: String,
    private val participle: String,
    private val renter: String?,
) {
    private val taken = Site.ofCaller()
    private val closed = AtomicReference<Site?>()

    /** Remembers the caller as the one that closed it; the first close counts. */
    fun ended() {
        closed.compareAndSet(null, Site.ofCaller())
    }

    /** Where it was taken, as the end of a message. */
    fun takenAt(): String = "; $participle at $taken${forRenter()}"

    /** Where it was taken, and by which thread, as a line of a list. */
    fun origin(): String = "$participle at $taken by ${taken.thread}${forRenter()}"

    private fun forRenter() = if (renter == null) "" else " for $renter"

    /** Where it was taken and where it was closed, as the end of a message. */
    fun sites(): String = takenAt() + "; closed at ${closed.get() ?: "an unknown site"}"

    private fun reportIfOpen() {
        if (closed.get() == null) {
            Log.warn("LEAK: $what was never closed; ${origin()}")
        }
    }

    companion object {
        /** A trace for what the calling thread is taking from [owner], for [renter] if that is not null. */
        fun start(owner: Owner, size: Long, renter: String? = null): Trace =
            Trace("a ${owner.kind.item} of ${bytes(size)} from $owner", owner.kind.participle, renter)

        /** Reports [trace] when [taken], a lease or a block, becomes garbage before it was closed. */
        fun watch(taken: Any, trace: Trace) {
            Background.whenGarbage(taken, trace::reportIfOpen)
        }
    }
}

/** A line of the program outside of this library, and the thread that was there. */
internal class Site private constructor(private val frame: String, val thread: String) {
    override fun toString(): String = frame

    companion object {
        private const val ROOT = "dev.leasehold.memory"

        // Not a prefix alone: an application may have packages below the library's.
        private val PUBLIC = setOf(ROOT, "$ROOT.typed", "$ROOT.dsl", "$ROOT.coroutines")
        private val WALKER: StackWalker = StackWalker.getInstance()

        /** The nearest frame that is not the library's own. */
        fun ofCaller(): Site {
            val frame = WALKER.walk { frames -> frames.filter { !isLibrary(it.className) }.findFirst().orElse(null) }
            return Site(frame?.toStackTraceElement()?.toString() ?: "an unknown site", describe(Thread.currentThread()))
        }

        /** Whether the class [name] belongs to the library. */
        fun isLibrary(name: String): Boolean {
            if (!name.startsWith("$ROOT.")) return false
            val pack = name.substringBeforeLast('.')
            return pack in PUBLIC || INTERNAL.any { pack.startsWith(it) }
        }

        private val INTERNAL = listOf("$ROOT.internal.", "$ROOT.dsl.internal", "$ROOT.coroutines.internal.")
    }
}
