package dev.leasehold.memory.internal.platform

import java.io.IOException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import java.util.concurrent.locks.LockSupport

/**
 * An open file that is mapped once, at the most bytes that it may ever have, and grows below that.
 *
 * Bytes may be touched that [allocate] has made sure of; beyond the end of the file a touch is an [InternalError]. All
 * functions may be called from any thread, and throw [IOException] where the system refuses.
 */
internal interface MappedFile : AutoCloseable {
    val path: Path

    /** Whether several processes, and several of these in one process, can have the file open and lock its bytes. */
    val isShared: Boolean

    /** How many bytes the file has. */
    val length: Long

    /** What [map] has mapped. */
    val bytes: MemorySegment

    /** Maps the first [size] bytes, of which the file need not have all, for as long as [arena] lives. */
    fun map(size: Long, arena: Arena)

    /** Sees to it that the [bytes] bytes from [from] on are there: they are zero where they were not before. */
    fun allocate(from: Long, bytes: Long)

    /**
     * Has the system put the pages of the [bytes] bytes from [from] on, which are [allocated][allocate], where they are
     * to be touched soon, all at once; [from] is a multiple of a page. Where it cannot, each comes with its first touch.
     */
    fun populate(from: Long, bytes: Long): Unit = Unit

    /** Gives the file [length] bytes; what is beyond is gone, and what is new is zero and takes no space yet. */
    fun resize(length: Long)

    /** Locks the byte [at], which need not exist, until [unlock] or until the process dies; false when another has. */
    fun tryLock(at: Long): Boolean

    /** Ends what [tryLock] began. */
    fun unlock(at: Long)

    /** Whether another than this has locked the byte [at]. */
    fun isLocked(at: Long): Boolean

    /** Writes all that was changed in the first [bytes] bytes to the disk. */
    fun force(bytes: Long)

    /** Writes what was changed in the [bytes] bytes from [from] on to the disk; [from] is a multiple of a page. */
    fun force(from: Long, bytes: Long)

    /**
     * Lets this thread wait for up to [nanos] nanoseconds until [wakeAt] is called in any process, or less: if the 32
     * bits at [at] of the mapping are not [seen], or for no reason. What it waits for is looked at again by the caller.
     */
    fun waitAt(at: Long, seen: Int, nanos: Long): Unit = LockSupport.parkNanos(nanos)

    /** Wakes up to [most] threads of any process that [wait][waitAt] at [at], where the system can. */
    fun wakeAt(at: Long, most: Int): Unit = Unit

    /**
     * Lets all locks go, and puts zeros in the place of the mapping, which no longer reaches the file, where views are
     * bound to arenas.
     */
    fun detach()

    /** Closes the file, and gives a mapping back that was detached or whose arena is closed. */
    override fun close()

    /** How a file is opened. */
    enum class Mode { CREATE, OPEN, READ_ONLY }
}
