@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Origins
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.describe
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.MemorySegment

/**
 * An access outside a segment's bounds. Nothing was read or written.
 *
 * @property offset where the access began, in bytes from the segment's start
 * @property length how many bytes it wanted
 * @property size how many bytes the segment has
 */
public class SegmentBoundsException internal constructor(
    message: String,
    public val offset: Long,
    public val length: Long,
    public val size: Long,
) : MemoryException(message)

/** A write to a read-only segment. Nothing was written. */
public class ReadOnlySegmentException internal constructor(message: String, cause: Throwable? = null) :
    MemoryException(message, cause)

/**
 * A segment whose size does not suit the operation: it holds no whole number of elements, or more than one array,
 * string or byte buffer can. Nothing was read or written.
 *
 * @property size the segment's size, in bytes
 */
public class SegmentSizeException internal constructor(message: String, public val size: Long) :
    MemoryException(message)

/**
 * Text that cannot be read from, or written as, UTF-8: malformed bytes, a lone surrogate, a missing or a forbidden
 * NUL. Nothing was written.
 *
 * @property position where the fault lies: a byte offset into the segment when reading, a char index into the text when
 *   writing
 */
public class MalformedTextException internal constructor(message: String, public val position: Long) :
    MemoryException(message)

/**
 * The writer of a [SegmentRewriter] was about to overwrite bytes that its reader had not fetched yet. Nothing was
 * written.
 *
 * @property length how many bytes were to be written
 * @property room how many bytes lie between the writer and the reader
 */
public class RewriteOvertakeException internal constructor(
    message: String,
    public val length: Long,
    public val room: Long,
) : MemoryException(message)

// Accesses do not check first: the JVM does, exactly and at no cost. They catch its refusal and throw an exception from
// here instead, so a good message costs nothing until one is needed.

/**
 * Runs [action], which accesses [length] bytes at [offset] of [raw], and explains the JVM's refusal if there is one.
 *
 * It adds no check: what C2 hoists or vectorises for a bare [MemorySegment], it hoists and vectorises here.
 */
internal inline fun <R> access(raw: MemorySegment, offset: Long, length: Long, action: () -> R): R = try {
    action()
} catch (failure: RuntimeException) {
    throw explain(failure, raw, offset, length)
}

/** The same for an access to two segments at once. */
internal inline fun <R> accessBoth(
    source: MemorySegment,
    sourceOffset: Long,
    target: MemorySegment,
    targetOffset: Long,
    length: Long,
    action: () -> R,
): R = try {
    action()
} catch (failure: RuntimeException) {
    throw explainBoth(failure, source, sourceOffset, target, targetOffset, length)
}

/** The exception to throw for [failure], which an access of [length] bytes at [offset] of [raw] met. */
internal fun explain(failure: RuntimeException, raw: MemorySegment, offset: Long, length: Long): RuntimeException =
    when {
        failure is IndexOutOfBoundsException -> outOfBounds(offset, length, raw.byteSize())
        failure is IllegalArgumentException && raw.isReadOnly -> readOnly(raw, failure)
        failure is WrongThreadException -> onWrongThread(raw, failure)
        failure is IllegalStateException && !raw.scope().isAlive -> closedView(raw, failure)
        else -> failure
    }

private fun onWrongThread(raw: MemorySegment, failure: RuntimeException) = ViewThreadException(
    "${describe(raw)} may be used by one thread only, that of its lease or of its withSegment, and was used on " +
        "${describe(Thread.currentThread())}; rent with rentShared, or allocate a block, and call withSegment " +
        "on each thread",
    failure,
)

private fun closedView(raw: MemorySegment, failure: RuntimeException): ViewClosedException {
    val origin = Origins.of(raw.scope())
    val of = if (origin == null) "" else " of ${origin.owner}"
    val late = ViewClosedException(
        "${describe(raw)}$of can no longer be used: the lease, the block or the withSegment that the view was taken " +
            "from has ended; use views only until then" +
            (origin?.trace?.sites() ?: "; set traceSites = true to see where it was taken and closed"),
        origin?.owner?.name,
        failure,
    )
    return if (origin == null) late else Trace.misuse(origin.owner, origin.trace, late)
}

/** The same for an access of [length] bytes to two segments at once: it finds which of them was at fault. */
internal fun explainBoth(
    failure: RuntimeException,
    source: MemorySegment,
    sourceOffset: Long,
    target: MemorySegment,
    targetOffset: Long,
    length: Long,
): RuntimeException {
    val sourceAtFault = when (failure) {
        is IndexOutOfBoundsException -> isOutside(sourceOffset, length, source.byteSize())
        is WrongThreadException -> !source.isAccessibleBy(Thread.currentThread())
        is IllegalStateException -> !source.scope().isAlive
        else -> false
    }
    return if (sourceAtFault) {
        explain(failure, source, sourceOffset, length)
    } else {
        explain(failure, target, targetOffset, length)
    }
}

private fun isOutside(offset: Long, length: Long, size: Long) = length < 0 || offset < 0 || offset > size - length

/** The exception for a write to [raw], which is read-only. */
internal fun readOnly(raw: MemorySegment, cause: RuntimeException? = null) = ReadOnlySegmentException(
    "The view of ${bytes(raw.byteSize())} at ${hex(raw.address())} is read-only; write through the view that it was " +
        "taken from",
    cause,
)

/** The exception for a view of [size] bytes that was to become one [what] of at most [bound] bytes. */
internal fun tooLarge(size: Long, what: String, bound: Long) = SegmentSizeException(
    "A segment of ${bytes(size)} does not fit into one $what, which holds at most ${bytes(bound)}; take slices of it",
    size,
)

/** [raw], once it is certain that an [array] of elements of `1 shl shift` bytes can hold a copy. */
internal fun requireArraySize(raw: MemorySegment, shift: Int, array: String): MemorySegment {
    val bound = MAX_ARRAY_SIZE.toLong() shl shift
    if (raw.byteSize() > bound) throw tooLarge(raw.byteSize(), array, bound)
    return raw
}

/** The exception for an access of [length] bytes at [offset] in a segment of [size] bytes; [what] introduces it. */
internal fun outOfBounds(offset: Long, length: Long, size: Long, what: String = "") = SegmentBoundsException(
    "${what}offset ${grouped(offset)} with length ${grouped(length)} is outside of a segment of ${bytes(size)}",
    offset,
    length,
    size,
)

private fun describe(raw: MemorySegment) = "The memory at ${hex(raw.address())} (${bytes(raw.byteSize())})"
