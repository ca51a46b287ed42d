package dev.leasehold.memory.device.internal

import dev.leasehold.memory.device.internal.driver.DeviceDriver
import java.util.concurrent.ConcurrentHashMap

/** A device by its number, with what tells when something that it has begun has ended. Any thread. */
internal class OpenDevice(val index: Int, val driver: DeviceDriver) {
    val completions: Completions by lazy { Completions("leasehold-device-$index", driver) }

    companion object {
        // Those that memory was taken of.
        private val used = ConcurrentHashMap<Int, OpenDevice>()

        /** The device with the number [index], of which there is memory. */
        fun at(index: Int): OpenDevice = checkNotNull(used[index]) { "there is no memory of device $index" }

        /** Lets [device] be found by its number from now on. */
        fun use(device: OpenDevice) {
            val other = used.putIfAbsent(device.index, device)
            check(other == null || other === device) { "there are two devices with the number ${device.index}" }
        }
    }
}
