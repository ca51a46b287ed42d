@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.internal

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.device.internal.driver.CopyCommand
import dev.leasehold.memory.device.internal.driver.DeviceCommand
import dev.leasehold.memory.device.internal.driver.DeviceRange
import dev.leasehold.memory.device.internal.driver.ReadCommand
import dev.leasehold.memory.device.internal.driver.WriteCommand
import dev.leasehold.memory.internal.spi.HeldBytes
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.typed.MemoryLocation
import java.lang.foreign.MemorySegment
import java.util.concurrent.ForkJoinPool
import kotlin.math.abs

/** Some bytes of a buffer, which stay where they are until [leave]. */
internal class HeldRange(private val bytes: HeldBytes, offset: Long, val size: Long) {
    /** The device that they lie on; null for the host's. */
    val device: OpenDevice? = if (bytes.location is MemoryLocation.Device) OpenDevice.at(bytes.device) else null

    /** The device that reaches them at their addresses, its own or unified memory; null for other memory. */
    val reachedBy: OpenDevice? = if (bytes.location.isDeviceReadable) OpenDevice.at(bytes.device) else null

    /** Where the first one lies. */
    val address: Long = bytes.address + offset

    /** Whether somebody else may take the memory away, so that it can only be used inside of one call. */
    val isLent: Boolean get() = bytes.ownArena != null

    /** The range as a call into a driver takes it; only of the host's memory. */
    val pointer: MemorySegment = bytes.ownArena?.asSlice(offset, size) ?: MemorySegment.ofAddress(address)

    /** The range as the JVM takes it; only of the host's memory. */
    fun view(): MemorySegment = if (isLent) pointer else pointer.reinterpret(size)

    /** The range as code on a device takes it. */
    fun onDevice(): DeviceRange = DeviceRange(address, size, isUnified = device == null)

    /** Whether they and those of [other] lie on one device, and have some in common. */
    fun overlaps(other: HeldRange): Boolean =
        device != null && device == other.device && size > 0 && abs(address - other.address) < size

    fun leave(): Unit = bytes.leave()
}

/** Bytes on their way from [source] to [target], which both stay where they are until it has ended. */
internal class Transfer(private val source: HeldRange, private val target: HeldRange) {
    /** Does it, on this thread. */
    fun run() {
        try {
            move()
        } finally {
            leave()
        }
    }

    /**
     * Begins it, and calls [done] when it has ended, with what it failed with or null; perhaps before this returns.
     * When this throws, [done] is not called, and nothing is going on.
     */
    fun begin(done: (Throwable?) -> Unit) {
        // Nothing keeps lent memory but the call that is given it.
        if (isHere || source.isLent || target.isLent) return done(runCatching { run() }.exceptionOrNull())
        if (isBetweenDevices) return beginStaged(done)
        try {
            val command = checkNotNull(commandOrNull())
            val device = checkNotNull(source.device ?: target.device)
            device.completions.begin(command) { failure -> end(failure, done) }
        } catch (failure: Throwable) {
            leave()
            throw failure
        }
    }

    // Whether no device has anything to do.
    private val isHere get() = source.size == 0L || (source.device == null && target.device == null)

    private val isBetweenDevices
        get() = source.device != null && target.device != null && source.device != target.device

    private fun beginStaged(done: (Throwable?) -> Unit) {
        try {
            ForkJoinPool.commonPool().execute { end(runCatching { move() }.exceptionOrNull(), done) }
        } catch (failure: Throwable) {
            leave()
            throw failure
        }
    }

    // What was closed meanwhile is freed now, which can fail, such as on damaged guard bytes: that must be heard, too.
    private fun end(failure: Throwable?, done: (Throwable?) -> Unit) {
        val left = runCatching { leave() }.exceptionOrNull()
        done(failure ?: left)
    }

    private fun leave() {
        try {
            source.leave()
        } finally {
            target.leave()
        }
    }

    private fun move() {
        val command = commandOrNull()
        when {
            command != null -> checkNotNull(source.device ?: target.device).driver.run(command)
            isBetweenDevices -> moveStaged()
            source.size > 0 -> MemorySegment.copy(source.view(), 0, target.view(), 0, source.size)
        }
    }

    /** What one device has to do; null where none has anything to do, or two have. */
    private fun commandOrNull(): DeviceCommand? {
        val size = source.size
        return when {
            size == 0L || isBetweenDevices -> null
            source.device != null && target.device != null -> CopyCommand(source.address, target.address, size)
            source.device != null -> ReadCommand(source.address, target.pointer, size)
            target.device != null -> WriteCommand(source.pointer, target.address, size)
            else -> null
        }
    }

    /** By way of the host, a piece at a time. */
    private fun moveStaged() {
        val from = checkNotNull(source.device).driver
        val to = checkNotNull(target.device).driver
        MemoryManager.system().allocate(minOf(source.size, PIECE)).use { block ->
            val pointer = MemorySegment.ofAddress(block.address)
            var at = 0L
            while (at < source.size) {
                val size = minOf(PIECE, source.size - at)
                from.run(ReadCommand(source.address + at, pointer, size))
                to.run(WriteCommand(pointer, target.address + at, size))
                at += size
            }
        }
    }

    private companion object {
        const val PIECE = 4L shl 20
    }
}
