package dev.leasehold.memory.internal

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.SegmentBoundsException
import java.lang.foreign.MemorySegment

/**
 * Turns what the JVM throws on a refused access into the library's own words.
 *
 * The accessors of [dev.leasehold.memory.Segment] do not check before they access: the JVM already does, exactly and for
 * nothing. They catch its refusal and ask here for the exception to throw instead, so the price of a good message is paid
 * only by the program that needs it.
 */
internal object AccessFailures {
    /** The exception to throw for [failure], which an access of [length] bytes at [offset] of [raw] met. */
    @JvmStatic
    fun explain(failure: RuntimeException, raw: MemorySegment, offset: Long, length: Long): RuntimeException = when {
        failure is IndexOutOfBoundsException -> bounds(offset, length, raw.byteSize())

        failure is WrongThreadException -> LeaseThreadException(
            "The memory at ${hex(
                raw.address(),
            )} (${raw.byteSize()} bytes) belongs to the lease of another thread and was " +
                "used on ${describe(Thread.currentThread())}; use rentShared where several threads need it",
            failure,
        )

        failure is IllegalStateException && !raw.scope().isAlive -> LeaseClosedException(
            "The memory at ${hex(
                raw.address(),
            )} (${raw.byteSize()} bytes) is no longer leased: a view was used after its " +
                "lease had been closed; keep the lease open as long as its views are used",
            null,
            failure,
        )

        else -> failure
    }

    /** The exception for an access of [length] bytes at [offset] in a segment of [size] bytes. */
    @JvmStatic
    fun bounds(offset: Long, length: Long, size: Long): SegmentBoundsException = SegmentBoundsException(
        "offset $offset with length $length is outside of a segment of $size bytes",
        offset,
        length,
        size,
    )

    /** A thread as messages name it. */
    fun describe(thread: Thread): String =
        (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"

    private fun hex(address: Long) = "0x" + java.lang.Long.toHexString(address)
}
