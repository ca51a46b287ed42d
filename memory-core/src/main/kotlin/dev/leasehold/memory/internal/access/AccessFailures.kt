package dev.leasehold.memory.internal.access

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import java.lang.foreign.MemorySegment

/**
 * Turns what the JVM throws on a refused access into the library's own words.
 *
 * The accessors of [dev.leasehold.memory.Segment] do not check before they access: the JVM already does, exactly and
 * for nothing. They catch its refusal and ask here for the exception to throw instead, so the price of a good message
 * is paid only by the program that needs it.
 */
internal object AccessFailures {
    /** The exception to throw for [failure], which an access of [length] bytes at [offset] of [raw] met. */
    @JvmStatic
    fun explain(failure: RuntimeException, raw: MemorySegment, offset: Long, length: Long): RuntimeException = when {
        failure is IndexOutOfBoundsException -> bounds(offset, length, raw.byteSize())

        failure is IllegalArgumentException && raw.isReadOnly -> readOnly(raw, failure)

        failure is WrongThreadException -> LeaseThreadException(
            "${describe(raw)} belongs to the lease of another thread and was used on " +
                "${describe(Thread.currentThread())}; use rentShared where several threads need it",
            failure,
        )

        failure is IllegalStateException && !raw.scope().isAlive -> LeaseClosedException(
            "${describe(raw)} is no longer leased: a view was used after its lease had been closed; " +
                "keep the lease open as long as its views are used",
            null,
            failure,
        )

        else -> failure
    }

    /** The same for an element: [shift] is the binary logarithm of its size in bytes. */
    @JvmStatic
    fun explainElement(failure: RuntimeException, raw: MemorySegment, index: Long, shift: Int): RuntimeException {
        val length = 1L shl shift
        if (failure !is IndexOutOfBoundsException) return explain(failure, raw, index shl shift, length)
        val last = Long.MAX_VALUE shr shift
        val offset = index.coerceIn(-last - 1, last) shl shift
        val size = raw.byteSize()
        return SegmentBoundsException(
            "index $index is outside of ${size shr shift} elements: ${describeBounds(offset, length, size)}",
            offset,
            length,
            size,
        )
    }

    /** The same for an access of [length] bytes to two segments at once: it finds which of them was at fault. */
    @JvmStatic
    fun explainBoth(
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

    /** The exception for a write to [raw], which is read-only. */
    @JvmStatic
    fun readOnly(raw: MemorySegment, cause: RuntimeException? = null): ReadOnlySegmentException =
        ReadOnlySegmentException(
            "The view of ${raw.byteSize()} bytes at ${hex(raw.address())} is read-only; write through the view that " +
                "it was taken from",
            cause,
        )

    /** The exception for a view of [size] bytes that was to become one [what] of at most [bound] bytes. */
    @JvmStatic
    fun tooLarge(size: Long, what: String, bound: Long): SegmentSizeException = SegmentSizeException(
        "A segment of $size bytes does not fit into one $what, which holds at most $bound bytes; take slices of it",
        size,
    )

    /** The exception for an access of [length] bytes at [offset] in a segment of [size] bytes. */
    @JvmStatic
    fun bounds(offset: Long, length: Long, size: Long): SegmentBoundsException = SegmentBoundsException(
        describeBounds(offset, length, size),
        offset,
        length,
        size,
    )

    private fun describeBounds(offset: Long, length: Long, size: Long) =
        "offset $offset with length $length is outside of a segment of $size bytes"

    private fun isOutside(offset: Long, length: Long, size: Long) = length < 0 || offset < 0 || offset > size - length

    /** A thread as messages name it. */
    fun describe(thread: Thread): String =
        (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"

    private fun describe(raw: MemorySegment) = "The memory at ${hex(raw.address())} (${raw.byteSize()} bytes)"

    /** An address as messages show it. */
    fun hex(address: Long): String = "0x" + java.lang.Long.toHexString(address)
}
