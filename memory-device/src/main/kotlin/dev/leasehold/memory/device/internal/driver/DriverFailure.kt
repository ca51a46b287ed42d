package dev.leasehold.memory.device.internal.driver

/**
 * A driver could not do what a device was to do; becomes the public exception where it leaves this library.
 *
 * @property isLoss whether the device has gone, with all that was on it
 */
internal class DriverFailure(message: String, val deviceName: String, val isLoss: Boolean) : RuntimeException(message)
