@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.internal.driver

import dev.leasehold.memory.internal.spi.ForeignPages
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import java.lang.foreign.MemorySegment

/**
 * One device, as its driver shows it. Any thread.
 *
 * Addresses of the device's memory are those that [map] has returned, and what follows them inside of one mapping. What
 * was [begun][begin] runs in that order, one after the other, and so does what is [run].
 */
internal interface DeviceDriver {
    /** What is known of the device before anything of it is used. */
    val facts: DeviceFacts

    /** How many bytes of its memory nobody uses now; null when the driver does not tell. */
    fun freeBytes(): Long?

    /**
     * Takes [bytes] of the [kind] from the driver.
     *
     * @return the address, a multiple of [DeviceFacts.pageSize]; 0 when the driver refuses, and [refusal] says why
     */
    fun map(kind: ForeignPages.Kind, bytes: Long): Long

    /** Gives a whole mapping back. */
    fun unmap(kind: ForeignPages.Kind, address: Long, bytes: Long)

    /** Why the driver has refused the calling thread's last [map]. */
    val refusal: Refused

    /**
     * Does what [command] says, and returns when it is done.
     *
     * @throws DriverFailure when the driver cannot
     */
    fun run(command: DeviceCommand)

    /**
     * Begins [command]; all memory that it names must stay until [await] has returned.
     *
     * @return the event that [await] takes, once
     * @throws DriverFailure when the driver cannot; nothing has begun then
     */
    fun begin(command: DeviceCommand): Long

    /**
     * Waits until what [begin] returned [event] for has ended, and forgets the event.
     *
     * @throws DriverFailure when it has failed
     */
    fun await(event: Long)
}

/** What kind of thing a device is. */
internal enum class ProcessorKind { GPU, CPU, OTHER }

/**
 * What is known of a device.
 *
 * @property name as its maker calls it
 * @property driver the driver and its version, in words
 * @property totalBytes how many bytes of memory it has
 * @property pageSize what every mapping's address is a multiple of
 * @property alignment what the address of each buffer must be a multiple of, a power of two
 * @property sharesMemory whether the host and the device can reach memory by the same addresses
 */
internal class DeviceFacts(
    val name: String,
    val kind: ProcessorKind,
    val driver: String,
    val totalBytes: Long,
    val pageSize: Long,
    val alignment: Long,
    val sharesMemory: Boolean,
)

/** Something that a device does with memory. Host memory is given as a segment, the device's by its address. */
internal sealed interface DeviceCommand

/** Moves [bytes] bytes from the host to the device. */
internal class WriteCommand(val from: MemorySegment, val to: Long, val bytes: Long) : DeviceCommand

/** Moves [bytes] bytes from the device to the host. */
internal class ReadCommand(val from: Long, val to: MemorySegment, val bytes: Long) : DeviceCommand

/** Moves [bytes] bytes inside of the device; the two ranges do not overlap. */
internal class CopyCommand(val from: Long, val to: Long, val bytes: Long) : DeviceCommand

/** Makes each of the [bytes] bytes on the device [value]. */
internal class FillCommand(val at: Long, val bytes: Long, val value: Byte) : DeviceCommand
