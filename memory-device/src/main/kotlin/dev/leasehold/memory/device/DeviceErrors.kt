package dev.leasehold.memory.device

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.device.internal.driver.DriverFailure

/**
 * A device could not do what it was to do; the message says what its driver said. What a transfer was writing to has
 * undefined bytes then; all memory is still owned as before.
 *
 * That a device has no memory left is a [MemoryExhaustedException][dev.leasehold.memory.MemoryExhaustedException], as
 * everywhere.
 *
 * @property deviceName the device, as its maker calls it
 */
public open class DeviceException internal constructor(
    message: String,
    public val deviceName: String,
    cause: Throwable? = null,
) : MemoryException(message, cause)

/**
 * A device has gone, or its context has ended through an error of the hardware or of a kernel: all that was on it is
 * lost, and nothing can be done with it any more in this process. Buffers are closed as usual.
 */
public class DeviceLostException internal constructor(message: String, deviceName: String, cause: Throwable? = null) :
    DeviceException(message, deviceName, cause)

/** Memory of one device was handed to another, or memory without a device to one. Nothing was read or written. */
public class WrongDeviceException internal constructor(message: String, deviceName: String) :
    DeviceException(message, deviceName)

/** A range that is not inside of its buffer, or two that are not equally long. Nothing was read or written. */
public class TransferRangeException internal constructor(message: String) : MemoryException(message)

/** What [action] returns; what a driver could not do is the public exception. */
internal inline fun <R> translating(action: () -> R): R = try {
    action()
} catch (failure: DriverFailure) {
    throw translated(failure)
}

/** [failure] as its users know it. */
internal fun translated(failure: Throwable): Throwable = when {
    failure !is DriverFailure -> failure
    failure.isLoss -> DeviceLostException(checkNotNull(failure.message), failure.deviceName, failure)
    else -> DeviceException(checkNotNull(failure.message), failure.deviceName, failure)
}
