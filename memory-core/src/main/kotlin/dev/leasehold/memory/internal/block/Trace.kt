package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.bytes
import java.lang.ref.PhantomReference
import java.util.concurrent.atomic.AtomicReference

/**
 * What is remembered of one lease or block that is watched: where it was taken and, where all are watched, closed.
 *
 * It also finds one that was lost: garbage, and never closed. That is [reported][Losses], and where nothing can reach
 * the memory any more, it goes back.
 *
 * @property renter the code that took it, in words: an object could lead back to the lease, which then would never be
 *   garbage
 * @property tag the name that the program gave to what it takes there
 * @property site where it was asked for, which may be long before it came, on another thread
 */
internal class Trace(
    private val traces: Traces,
    size: Long,
    val renter: String?,
    val tag: String?,
    val site: Site,
) {
    private val closed = AtomicReference<Site?>()
    private val since = System.nanoTime()

    /** How many bytes the holder has. */
    @Volatile
    var size: Long = size
        private set

    // What goes back when it was lost. Set by the holder that makes and resizes it.
    @Volatile
    private var memory: LostMemory? = null

    private var sign: PhantomReference<Any>? = null

    /** The pool or manager that it comes from. */
    val owner: Owner get() = traces.owner

    /** Whether all of its pool or manager are watched, and with the place of their close. */
    val isWhole: Boolean get() = traces.areWhole

    /** Whether it is neither closed nor lost. */
    val isOpen: Boolean get() = closed.get() == null

    /** Whether it was lost, and never closed. */
    val isLost: Boolean get() = closed.get() === Site.LOST

    /** How long it has been out, in nanoseconds. */
    val age: Long get() = System.nanoTime() - since

    /**
     * Reports it when [sign], which its holder and, if [memory] is given, all views keep alive, became garbage before
     * it was closed; then [memory] goes back. The last step of its making: what cannot be made is not reported.
     */
    fun watch(sign: Any, memory: LostMemory?) {
        try {
            this.memory = memory
            this.sign = LostTraces.watch(sign, this)
            traces.add(this)
        } catch (failure: Throwable) {
            takenBack()
            if (isWhole || failure !is VirtualMachineError) throw failure
        }
    }

    /** It has [size] bytes from now on. */
    fun resized(size: Long) {
        this.size = size
    }

    /** What goes back when it is lost, if anything does, is what [change] returns from now on. */
    inline fun changeMemory(change: () -> LostMemory?) {
        if (memory != null) memory = change()
    }

    /**
     * Remembers the caller as the one that closed it; the first close counts. It has taken effect by then: when there
     * is no heap or stack left to find the caller, the site is unknown, and nothing else is.
     */
    fun ended() {
        if (!closed.compareAndSet(null, Site.UNKNOWN)) return
        try {
            if (isWhole || LateWrites.isOn) closed.set(Site.ofCaller())
        } catch (_: VirtualMachineError) {
            return
        } finally {
            forget()
        }
    }

    /** Whether its memory, which no view reaches any more, stays to be [looked at][LateWrites]. */
    fun isKept(address: Long, code: Int, size: Long): Boolean =
        LateWrites.isOn && traces.lateWrites?.keep(this, address, code, size) == true

    /** It was taken back, or its making failed: no place of a close, and no loss. */
    fun takenBack() {
        if (closed.compareAndSet(null, Site.UNKNOWN)) forget()
    }

    private fun forget() {
        memory = null
        traces.remove(this)
        sign?.clear()
    }

    /** The close did not take effect, and another one will. */
    fun reopened() {
        closed.set(null)
    }

    /** Where it was taken, as the end of a message. */
    fun takenAt(): String = "; ${owner.kind.participle} at $site${forRenter()}"

    /** Where it was taken, and by which thread, as a line of a list. */
    fun origin(): String = "${owner.kind.participle} at $site by ${site.thread}${forRenter()}"

    private fun forRenter() = (if (tag == null) "" else " as '$tag'") + if (renter == null) "" else " for $renter"

    /** Where it was taken and where it was closed, as the end of a message. */
    fun sites(): String {
        val end = closed.get() ?: Site.UNKNOWN
        return takenAt() + if (isWhole || end !== Site.UNKNOWN) "; closed at $end" else ""
    }

    /** Lets [failure], of one that comes too late, show the calls that took it and closed it. */
    private fun explain(failure: Throwable) {
        failure.addSuppressed(Calls("${owner.kind.participle} by ${site.thread}${forRenter()}", site))
        closed.get()?.takeIf { it !== Site.UNKNOWN }?.let { failure.addSuppressed(Calls("closed by ${it.thread}", it)) }
    }

    /** Its sign became garbage. */
    fun lostIfOpen() {
        if (!closed.compareAndSet(null, Site.LOST)) return
        val isBack = try {
            memory?.giveBack() == true
        } catch (failure: Throwable) {
            Log.error("memory of $owner that was lost could not go back", failure)
            false
        }
        try {
            Losses.add(this, isBack)
        } finally {
            // Not before: who looks for what is out finds it here, or has been notified.
            traces.remove(this)
        }
    }

    /** The lease or block in words. */
    override fun toString(): String = "a ${owner.kind.item} of ${bytes(size)} from $owner"

    companion object {
        /**
         * Returns [failure], for the misuse of a lease, a block or a view of [owner]; where that has a [trace] it shows
         * the calls that took it and closed it.
         */
        fun <T : Throwable> misuse(owner: Owner, trace: Trace?, failure: T): T {
            Events.tell { it.misused(owner.name, failure.message.orEmpty(), trace?.site?.toString()) }
            trace?.explain(failure)
            return failure
        }
    }
}

/** The memory of a lease or block that may be lost. Refers to neither. */
internal fun interface LostMemory {
    /** Gives it back, once nothing can reach it any more; false when that cannot be known. */
    fun giveBack(): Boolean
}

/** The calls of a [site], in the place of a stack. */
private class Calls(message: String, site: Site) : Exception(message, null, false, true) {
    init {
        stackTrace = site.stack.toTypedArray()
    }

    // Made for another moment's calls.
    override fun fillInStackTrace(): Throwable = this

    override fun toString(): String = message.orEmpty()
}
