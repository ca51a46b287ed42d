@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.internal

import dev.leasehold.memory.device.internal.driver.DeviceDriver
import dev.leasehold.memory.device.internal.driver.DriverFailure
import dev.leasehold.memory.internal.spi.ForeignPages
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.logWarning

/** The pages of one [kind] that the [driver] of the device with the number [device] lends. */
internal class DevicePages(
    private val driver: DeviceDriver,
    override val device: Int,
    override val kind: ForeignPages.Kind,
) : ForeignPages {
    override val name: String get() = driver.facts.driver
    override val pageSize: Long get() = driver.facts.pageSize

    override fun map(bytes: Long): Long = driver.map(kind, bytes)

    override fun unmap(address: Long, bytes: Long) {
        try {
            driver.unmap(kind, address, bytes)
        } catch (failure: DriverFailure) {
            // Such as when the device has gone, and its memory with it. Nothing here can do more.
            logWarning("${driver.facts.name} did not take $bytes bytes of memory back: ${failure.message}")
        }
    }

    override fun refusal(): String? = driver.refusal.why
}
