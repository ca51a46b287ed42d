package dev.leasehold.memory.internal.platform

import java.lang.foreign.MemorySegment

/**
 * Address spaces: what lies where in that of this process and of others, memory at a wanted address, and memory that
 * others find by its name. All functions may be called from any thread.
 *
 * Each function that the system lacks throws [UnsupportedOperationException], which names it.
 */
internal interface SystemSpace {
    /** As messages name the system. */
    val name: String

    /** The granularity of what is placed, in bytes; a power of two. */
    val pageSize: Long

    /** The first address that memory is placed at. It is above the page 0, which must stay empty. */
    val lowest: Long

    /** The last address that memory is placed at. */
    val highest: Long

    // ---- this process ----

    /** What lies where in this process. */
    fun regions(): Regions

    /** The regions from [first] to [last], without their names, if that is quicker than [regions] and possible. */
    fun regionsWithin(first: Long, last: Long): Regions?

    /** Maps [bytes] of this process's own at [address], or anywhere when that is 0; 0 when the system refuses. */
    fun place(address: Long, bytes: Long): Long

    /** Ends a mapping. */
    fun unmap(address: Long, bytes: Long)

    /** Why the system has just refused [bytes] at [address], as a number of its own; 0 when it does not any more. */
    fun refusalAt(address: Long, bytes: Long): Int

    /**
     * Has the system put the pages of [bytes] bytes at [address], a page's, before they are touched, if it can; false
     * when it has no memory for them.
     */
    fun populate(address: Long, bytes: Long): Boolean

    /**
     * A copy of the [bytes] bytes, whole words, at [address] of this process; null where they are not mapped any more.
     *
     * @throws ProcessRefusal where the system lets nobody look
     */
    fun peek(address: Long, bytes: Int): MemorySegment?

    // ---- memory with a name ----

    /** Makes memory that is found by [name], and cannot be made shorter; its descriptor, or -1 when refused. */
    fun createShared(name: String): Int

    /** Makes the memory of [descriptor] at least [length] bytes long; false when the system refuses. */
    fun extend(descriptor: Int, length: Long): Boolean

    /**
     * Maps [bytes] from [offset] on of the memory of [descriptor] at [address], or anywhere when that is 0; 0 when the
     * system refuses.
     */
    fun placeShared(descriptor: Int, offset: Long, bytes: Long, address: Long): Long

    /**
     * A copy of the first [bytes] bytes, whole words, of the memory of [descriptor]; null when it is none of [name].
     *
     * @throws ProcessRefusal where the system lets nobody look
     */
    fun headOf(descriptor: Int, name: String, bytes: Int): MemorySegment?

    /** Whether the memory of [descriptor] can never become shorter. */
    fun isSealed(descriptor: Int): Boolean

    /** How many bytes the memory of [descriptor] has. */
    fun lengthOf(descriptor: Int): Long

    fun close(descriptor: Int)

    /** What a region is called to which memory is mapped that was made with [name]. */
    fun regionName(name: String): String

    // ---- other processes ----

    /** Who the process [process] is; null for none. The own is 0. */
    fun identity(process: Long): ProcessIdentity?

    /** What lies where in the process [process]. */
    fun regions(process: Long): Regions

    /** Calls [action] with a descriptor of each memory of [process] that was made with [name]; it closes it. */
    fun openShared(process: Long, name: String, action: (descriptor: Int) -> Unit)

    /** A descriptor of the process [process] that stays its own when its number is given to another. */
    fun openProcess(process: Long): Int

    /** Whether the process of [descriptor] lives. */
    fun isAlive(descriptor: Int): Boolean

    /** Copies the bytes at [address] of [process], and not all if they are not all mapped; returns how many. */
    fun read(process: Long, address: Long, into: MemorySegment): Long
}

/**
 * A process, told from all others that have its number: at other times, or in another container.
 *
 * @property number its number, as it sees it itself
 * @property started when it was started, in ticks of the system's clock since the system was
 */
internal class ProcessIdentity(val number: Long, val started: Long)

/** The system has refused to show a process, for the reason [errno]. */
internal class ProcessRefusal(val call: String, val errno: Int) : Exception("$call: errno $errno", null, false, false) {
    /** Whether there is no such process. */
    val isGone: Boolean get() = errno == NO_SUCH_PROCESS || errno == NO_SUCH_FILE

    /** Whether this process may not do that. */
    val isDenied: Boolean get() = errno == NOT_PERMITTED || errno == DENIED

    /** `open: not permitted`, `open: error 24`. */
    val reason: String
        get() = when {
            isDenied -> "$call: not permitted"
            errno == UNKNOWN -> "$call: refused"
            else -> "$call: error $errno"
        }

    internal companion object {
        /** The system has refused for a reason that does not come through. */
        const val UNKNOWN: Int = 0
        const val NOT_PERMITTED: Int = 1
        const val NO_SUCH_FILE: Int = 2
        const val NO_SUCH_PROCESS: Int = 3
        const val DENIED: Int = 13
        const val BAD_ADDRESS: Int = 14
    }
}

/** A view of the [bytes] bytes at [address], which are mapped and stay so. */
internal fun view(address: Long, bytes: Long): MemorySegment = Platform.current.view(address, bytes, null)
