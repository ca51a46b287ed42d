@file:JvmSynthetic

package dev.leasehold.memory.permanent

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryThreadException
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** The last address of a range was below its first. */
public class InvalidAddressRangeException internal constructor(
    /** The first address. */
    public val first: Long,
    /** The last address. */
    public val last: Long,
) : MemoryException("a range must not end, at ${hex(last)}, before it begins, at ${hex(first)}")

/**
 * No memory of the size is free in a range of addresses, or the system refused what is. Nothing was taken. The message
 * says what is in the way.
 *
 * @property largestGap how many bytes the largest part of the range has that is free
 */
public class AddressRangeExhaustedException internal constructor(
    message: String,
    requested: Long,
    private val first: Long,
    private val last: Long,
    public val largestGap: Long,
) : MemoryExhaustedException(message, PermanentMessages.OWNER, requested) {
    // A range cannot be serialized, and exceptions are.

    /** The addresses that were asked for. */
    public val range: AddressRange get() = AddressRange.between(first, last)
}

/**
 * A buffer of permanent memory has no room for what was to be appended. Nothing was taken: something smaller may fit.
 *
 * @property remaining how many bytes it had left
 */
public class PermanentMemoryFullException internal constructor(
    requested: Long,
    alignment: Long,
    public val remaining: Long,
) : MemoryExhaustedException(
    "permanent memory: ${bytes(requested)} at a multiple of $alignment do not fit into the ${bytes(remaining)} that " +
        "this buffer has left: obtain another with PermanentMemory.obtain($requested), in the process that it belongs to",
    PermanentMessages.OWNER,
    requested,
)

/** What is in permanent memory contradicts itself: someone has overwritten it. Nothing was changed. */
public class PermanentMemoryDamagedException internal constructor(message: String) : MemoryException(message)

/** The system does not let this process share memory, or look at its own addresses. Nothing was taken. */
public class PermanentMemoryAccessException internal constructor(message: String) : MemoryException(message)

/**
 * The memory of another process could not be read.
 *
 * @property process the number of the process
 */
public abstract class ProcessMemoryException internal constructor(message: String, public val process: Long) :
    MemoryException(message)

/** There is no such process, or it has ended. */
public class ProcessGoneException internal constructor(process: Long) :
    ProcessMemoryException("there is no process $process, or it has ended: nothing of its memory is left", process)

/** The system does not let this process look at the memory of another, or cannot show it now. */
public class ProcessAccessException internal constructor(process: Long, reason: String) : ProcessMemoryException(
    "process $process does not permit this one to look at its memory ($reason): run both as the same user, and allow " +
        "ptrace between them",
    process,
)

/** A [ProcessMemory] was used after it had been closed, or a table that was taken from it. Nothing was read or written. */
public class ProcessMemoryClosedException internal constructor(
    /** The number of the process. */
    public val process: Long,
) : MemoryClosedException("the ProcessMemory of process $process is closed: open it again with ProcessMemory.open")

/**
 * A part of what was to be read is not mapped in the other process. What lies before it is in the segment.
 *
 * @property address the first address that could not be read
 */
public class AddressNotMappedException internal constructor(process: Long, public val address: Long) :
    ProcessMemoryException(
        "process $process has nothing that can be read at ${hex(address)}: ProcessMemory.regions() lists what it has",
        process,
    )

/** Bytes were asked for that are not all in a buffer of permanent memory. Nothing was read. */
public class PermanentAddressException internal constructor(
    /** The first address that was asked for. */
    public val address: Long,
    size: Long,
    base: Long,
    bufferSize: Long,
) : MemoryException(
    "${bytes(size)} at ${hex(address)} are not all in the buffer of ${bytes(bufferSize)} at ${hex(base)}: " +
        "PermanentMemory.holds tells which buffer has them",
)

/** A table of permanent memory has no record of the number that was asked for, or cannot have a name. */
public class PermanentTableException internal constructor(message: String) : MemoryException(message)

/** An appender was used by a thread that did not make it. Nothing was taken. */
public class PermanentAppenderThreadException internal constructor(message: String) : MemoryThreadException(message)

/** An appender was used after it had been closed. Nothing was taken. */
public class PermanentAppenderClosedException internal constructor() :
    MemoryClosedException("an appender is closed: make another with PermanentMemory.appender()")

// ---- what permanent memory refuses ----

private const val MOST_ALIGNMENT = 1L shl 30
private const val MOST_SIZE = 1L shl 47

/** Refuses a [size] that no permanent memory can have. */
internal fun checkPermanentSize(size: Long) {
    if (size in 0..MOST_SIZE) return
    val message = if (size < 0) PermanentMessages.negative(size) else PermanentMessages.tooLarge(size, MOST_SIZE)
    throw InvalidSizeException(message, size)
}

/** Meets now what reading [bytes] would meet after the room for them was taken. */
internal fun checkReadable(bytes: MemorySegment) {
    if (bytes.byteSize() > 0) access(bytes, 0, 1) { val _ = bytes.get(JAVA_BYTE, 0) }
}

/** Refuses an [alignment] that no permanent memory can have. */
internal fun checkPermanentAlignment(alignment: Long) {
    if (alignment in 1..MOST_ALIGNMENT && alignment and (alignment - 1) == 0L) return
    throw InvalidAlignmentException(PermanentMessages.alignment(alignment, MOST_ALIGNMENT), alignment)
}

/** The exception for [size] bytes whose pages the system has no memory for. */
internal fun noPages(size: Long): MemoryExhaustedException =
    MemoryExhaustedException(PermanentMessages.noPages(size), PermanentMessages.OWNER, size)
