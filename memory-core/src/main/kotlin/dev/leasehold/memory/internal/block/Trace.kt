package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.bytes
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
 * @property taken where it was asked for, which may be long before it came, on another thread
 */
internal class Trace private constructor(
    private val what: String,
    private val participle: String,
    private val renter: String?,
    private val taken: Site,
) {
    private val closed = AtomicReference<Site?>()

    /**
     * Remembers the caller as the one that closed it; the first close counts. It has taken effect by then: when there
     * is no heap or stack left to find the caller, the site is unknown, and nothing else is.
     */
    fun ended() {
        if (!closed.compareAndSet(null, Site.UNKNOWN)) return
        try {
            closed.set(Site.ofCaller())
        } catch (_: VirtualMachineError) {
            return
        }
    }

    /** The close did not take effect, and another one will. */
    fun reopened(): Unit = closed.set(null)

    /** Where it was taken, as the end of a message. */
    fun takenAt(): String = "; $participle at $taken${forRenter()}"

    /** Where it was taken, and by which thread, as a line of a list. */
    fun origin(): String = "$participle at $taken by ${taken.thread}${forRenter()}"

    private fun forRenter() = if (renter == null) "" else " for $renter"

    /** Where it was taken and where it was closed, as the end of a message. */
    fun sites(): String = takenAt() + "; closed at ${closed.get() ?: Site.UNKNOWN}"

    private fun reportIfOpen() {
        if (closed.get() == null) {
            Log.warn("LEAK: $what was never closed; ${origin()}")
        }
    }

    companion object {
        /** A trace for what is being taken from [owner], for [renter] if that is not null, and was [asked] for. */
        fun start(owner: Owner, size: Long, renter: String? = null, asked: Site? = null): Trace = Trace(
            "a ${owner.kind.item} of ${bytes(size)} from $owner",
            owner.kind.participle,
            renter,
            asked ?: Site.ofCaller(),
        )

        /**
         * Reports [trace] when [taken], a lease or a block, becomes garbage before it was closed. The last step of its
         * making: what cannot be made is not reported.
         */
        fun watch(taken: Any, trace: Trace) {
            try {
                Background.whenGarbage(taken, trace::reportIfOpen)
            } catch (failure: Throwable) {
                trace.ended()
                throw failure
            }
        }
    }
}
