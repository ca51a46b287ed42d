package dev.leasehold.memory.device.internal.driver

/** Memory that code on a device works with: [size] bytes at [address], a device's own or [unified][isUnified]. */
internal class DeviceRange(val address: Long, val size: Long, val isUnified: Boolean)
