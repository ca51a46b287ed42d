package dev.leasehold.memory.device

import dev.leasehold.memory.device.internal.OpenDevice
import dev.leasehold.memory.device.internal.cuda.CudaDrivers
import dev.leasehold.memory.device.internal.driver.DriverList
import dev.leasehold.memory.device.internal.opencl.OpenClDrivers

/** The devices of this machine. */
public object Devices {
    // Drivers are looked for once: to load one anew is not something that they are made for.
    private val found: DeviceList by lazy { of(DriverList().apply(OpenClDrivers::find).apply(CudaDrivers::find)) }

    /**
     * All devices that can be used: those of OpenCL's drivers first, then those of CUDA's, so that one device may be
     * there twice, by two drivers. Where there is none the list is empty, and [DeviceList.reasons] says why.
     *
     * **Threads.** Any. **Cost.** The drivers are loaded at the first call, which may take a second; after that
     * nothing.
     */
    @JvmStatic
    public fun list(): DeviceList = found

    /** The devices of [drivers]. */
    internal fun of(drivers: DriverList): DeviceList =
        DeviceList(drivers.drivers.mapIndexed { index, it -> Device(OpenDevice(index, it)) }, drivers.reasons)
}

/** Devices that can be used, in an order that stays. Immutable. */
public class DeviceList internal constructor(
    private val devices: List<Device>,
    /** Why drivers or devices cannot be used, a sentence each: what is missing and what to do. */
    public val reasons: List<String>,
) : List<Device> by devices {
    /** A line for each device and each reason, for logs. */
    override fun toString(): String = (devices.map { "$it" } + reasons).joinToString("\n")
}
