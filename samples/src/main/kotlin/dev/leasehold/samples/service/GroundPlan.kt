package dev.leasehold.samples.service

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Segment

/**
 * What lies where in the two leases of a connection of the coroutine version.
 *
 * ```
 * connection    | read buffer 24 KiB | slots 8 KiB | records 32 KiB |
 * large table   | slots 256 KiB | records 1,496 KiB | order of names 40 KiB |
 * ```
 *
 * The first holds the figures of some 500 stations; the second those of the [LineFormat.MAX_STATIONS] that a stream may
 * have, at their longest, so that it never grows. When the stream has ended, nothing is read any more, and the read buffer
 * becomes the place where the answer is put together.
 */
internal object GroundPlan {
    /** A tenth of what the thread version reads at a time: more was no faster by more than a twentieth, and fewer fit. */
    private val BUFFER = 24.KiB
    private val SLOTS = 8.KiB
    private val RECORDS = 32.KiB

    private val LARGE_SLOTS = 256.KiB
    private val LARGE_RECORDS = 1496.KiB
    private val LARGE_ORDER = 40.KiB

    /** In the read buffer, room for the order of the names of a table that is not large. */
    private val ORDER = 4.KiB

    /** The size of a connection's first lease, in bytes. */
    val CONNECTION: Long = BUFFER + SLOTS + RECORDS

    /** The size of a large table, in bytes. */
    val LARGE: Long = LARGE_SLOTS + LARGE_RECORDS + LARGE_ORDER

    fun buffer(connection: Segment): Segment = connection.slice(0, BUFFER)

    fun slots(connection: Segment): Plot = Plot.within(connection.slice(BUFFER, SLOTS))

    fun records(connection: Segment): Plot = Plot.within(connection.slice(BUFFER + SLOTS, RECORDS))

    fun order(buffer: Segment): Segment = buffer.slice(0, ORDER)

    fun answer(buffer: Segment): Segment = buffer.slice(ORDER, BUFFER - ORDER)

    fun largeSlots(large: Segment): Plot = Plot.within(large.slice(0, LARGE_SLOTS))

    fun largeRecords(large: Segment): Plot = Plot.within(large.slice(LARGE_SLOTS, LARGE_RECORDS))

    fun largeOrder(large: Segment): Segment = large.slice(LARGE_SLOTS + LARGE_RECORDS, LARGE_ORDER)
}
