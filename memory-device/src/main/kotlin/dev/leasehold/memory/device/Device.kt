package dev.leasehold.memory.device

import dev.leasehold.memory.device.internal.OpenDevice
import dev.leasehold.memory.device.internal.driver.DeviceDriver
import dev.leasehold.memory.device.internal.driver.ProcessorKind
import dev.leasehold.memory.typed.MemoryLocation

/** What kind of thing a [Device] is. */
public enum class DeviceKind {
    /** A graphics processor. */
    GPU,

    /** The processors of the machine themselves, as a driver shows them. */
    CPU,

    /** Something else, such as an accelerator. */
    OTHER,
}

/**
 * Something with memory of its own, and code that runs there: a graphics processor, or another that OpenCL or CUDA
 * knows. From [Devices.list]; the same object as long as the process lives.
 *
 * **Threads.** Any. **Cost.** Nothing is made on the device before its memory is first used; then a context, once.
 */
public class Device internal constructor(internal val opened: OpenDevice) {
    internal val driver: DeviceDriver get() = opened.driver

    /** Its place in [Devices.list], from 0, which `MemoryLocation.Device` carries. */
    public val index: Int get() = opened.index

    /** As its maker calls it. */
    public val name: String get() = driver.facts.name

    /** What kind of thing it is. */
    public val kind: DeviceKind get() = when (driver.facts.kind) {
        ProcessorKind.GPU -> DeviceKind.GPU
        ProcessorKind.CPU -> DeviceKind.CPU
        ProcessorKind.OTHER -> DeviceKind.OTHER
    }

    /** Which driver shows it, and that one's version. */
    public val driverName: String get() = driver.facts.driver

    /** How many bytes of memory it has. */
    public val totalBytes: Long get() = driver.facts.totalBytes

    /**
     * How many bytes of its memory nobody uses now, other programs included; null when the driver does not tell, as
     * those of OpenCL do not.
     *
     * @throws DeviceException when the driver cannot say
     */
    public val freeBytes: Long? get() = translating { driver.freeBytes() }

    /** Whether it has [unified memory][DeviceMemoryManager.unified], which the host reaches by the same addresses. */
    public val sharesMemory: Boolean get() = driver.facts.sharesMemory

    /** Where its memory is. */
    public val location: MemoryLocation get() = MemoryLocation.Device(index)

    /**
     * The process's own manager of this device's memory, made at the first use, and never closed: for code without
     * figures or a limit of its own. It draws on the root of the budgets.
     */
    public val memory: DeviceMemoryManager by lazy { DeviceMemoryManager.ofProcess(this) }

    /** The place, the name, the memory and the driver, for logs. */
    override fun toString(): String = "Device $index: $name ($kind, ${totalBytes shr MIB_BITS} MiB, $driverName)"

    private companion object {
        const val MIB_BITS = 20
    }
}
