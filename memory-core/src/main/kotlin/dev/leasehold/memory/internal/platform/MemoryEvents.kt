package dev.leasehold.memory.internal.platform

/**
 * What happens in the library, for what records it on a floor above: that hears from [Events], and is never asked. All
 * of it is rare, or a sample, and some happens under locks of the library: so an implementation is quick, waits for
 * nothing, and takes no memory from this library.
 *
 * `owner` is always the name of a pool or manager. Sizes are bytes. Any thread.
 */
internal interface MemoryEvents {
    /** [bytes] were mapped for [owner]: a region that slabs and pages are cut from, chunks, or a large block. */
    fun mapped(owner: String, bytes: Long)

    /** [bytes] that were mapped for [owner] are mapped no more. */
    fun unmapped(owner: String, bytes: Long)

    /** An epoch of kept views has retired, [nanos] after it was opened, and [blocks] went out of quarantine. */
    fun retired(owner: String, blocks: Int, nanos: Long)

    /** A request of [size] bytes begins to wait for memory. */
    fun waiting(owner: String, size: Long): Ending<WaitEnd>

    /** The budget with the path that [path] makes, or an owner's own limit, has refused [requested] bytes. */
    fun refused(path: () -> String, requested: Long, limit: Long, used: Long)

    /** [owner] was closed while [count] leases or blocks of it, of [bytes] together, were in use. */
    fun closedInUse(owner: String, count: Long, bytes: Long)

    /** A commit of [file] begins; it ends with how many bytes its journal has for it. */
    fun committing(file: String): Ending<Long>

    /** What a dead session left in [file] is put in order; that ends with how many linked blocks it held. */
    fun recovering(file: String): Ending<Int>

    /** [file] is made anew after a failure of the power; that ends with the bytes of the journal it was made from. */
    fun rebuilding(file: String): Ending<Long>

    /** A lease or block of [size] bytes was taken, by the calling code. For samples of all that are. */
    fun rented(owner: String, size: Long, tag: String?)

    /** A lease or block that was taken at [site] [ageMillis] ago became garbage without a close; where it is known. */
    fun lost(owner: String, size: Long, ageMillis: Long, site: String?)

    /** The calling code did [what] it must not with memory that was taken at [site], where that is known. */
    fun misused(owner: String, what: String, site: String?)
}

/** What hears how something ended that it heard begin. */
internal fun interface Ending<in T> {
    fun ended(result: T)
}

/** Ends with the result that [result] makes. Never fails. */
internal inline fun <T> Ending<T>?.endWith(result: () -> T) {
    val ending = this ?: return
    Events.tell { ending.ended(result()) }
}

/** How a wait for memory ended. */
internal enum class WaitEnd(val word: String) {
    SERVED("served"),
    TIMED_OUT("timed out"),
    CANCELLED("cancelled"),
    CLOSED("closed"),
    FAILED("failed"),
}
