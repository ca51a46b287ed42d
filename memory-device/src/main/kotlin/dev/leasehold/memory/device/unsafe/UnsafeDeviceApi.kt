package dev.leasehold.memory.device.unsafe

/**
 * Marks what reaches a device's memory past all checks: code on the device, and handles for it, can read and write what
 * belongs to others, of this process and of this library. Each says what its caller has to see to.
 */
@RequiresOptIn("This reaches memory past all checks: read what its caller has to see to.", RequiresOptIn.Level.ERROR)
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION, AnnotationTarget.PROPERTY)
@MustBeDocumented
public annotation class UnsafeDeviceApi
