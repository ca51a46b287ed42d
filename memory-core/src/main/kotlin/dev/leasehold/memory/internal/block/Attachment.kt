package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.Charge

/**
 * What only some leases and blocks have: a trace of the places where they were taken and closed, a budget that pays in
 * place of their pool's or manager's own, an owner that closes them.
 *
 * @param listens whether [ended] does anything besides the trace
 */
internal open class Attachment(private val listens: Boolean = true) {
    /** Where it was taken and closed, when its pool or manager traces that. */
    var trace: Trace? = null

    /** What another budget pays for it, while one does. */
    @Volatile
    var charge: Charge? = null

    /** Whether the lease's end must be noted: most scopes find out by themselves. */
    val endMatters: Boolean get() = listens || trace != null || charge != null

    /** What leak reports call its renter behind the thread: a coroutine and its job. */
    open val renter: String? get() = null

    /** Where it was asked for, if that is known: else where it came. */
    open val site: Site? get() = null

    /** Its owner in words, for messages; null when only its holder closes it. */
    open fun describeOwner(): String? = null

    /** How many bytes of its memory lie before the bytes that its holder may use. */
    open val front: Long get() = 0

    /** How many bytes of memory [size] bytes take. */
    open fun around(size: Long): Long = size

    /** Whether it must move when it is given another size. */
    open val movesAlways: Boolean get() = false

    /** Its bytes are [size] from now on. */
    open fun resized(size: Long): Unit = Unit

    /**
     * Called once, before the memory of the [size] bytes at [address] goes back, and when no view reaches them.
     *
     * @return what is to be thrown when it has gone back, if anything
     */
    open fun freeing(address: Long, size: Long): RuntimeException? = null

    /** Called once, when it has ended and its memory has gone back, or when its memory was taken back by a clear. */
    open fun ended() {
        trace?.ended()
    }
}
