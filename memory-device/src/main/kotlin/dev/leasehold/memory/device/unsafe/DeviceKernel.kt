@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.unsafe

import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.DeviceException
import dev.leasehold.memory.device.TransferRangeException
import dev.leasehold.memory.device.WrongDeviceException
import dev.leasehold.memory.device.internal.HeldRange
import dev.leasehold.memory.device.internal.driver.DeviceRange
import dev.leasehold.memory.device.internal.opencl.OpenClDevice
import dev.leasehold.memory.device.internal.opencl.OpenClKernel
import dev.leasehold.memory.device.translating
import dev.leasehold.memory.internal.spi.HeldBytes
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.hold
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException

/**
 * A function in OpenCL C that runs on a device: as much as a small program needs. Who computes in earnest takes a
 * library made for that, and [withClMem].
 *
 * **It is unsafe.** Nothing keeps it from reading and writing outside of the buffers that it is given.
 *
 * **Ownership.** Its maker closes it. **Threads.** Any; one run at a time.
 */
@UnsafeDeviceApi
public class DeviceKernel private constructor(private val device: Device, private val kernel: OpenClKernel) :
    AutoCloseable {
    /**
     * Runs it once at each point of a grid of [sizes], one to three of them, and returns when all have ended. It takes
     * [arguments] in their order: buffers on its device, or of its unified memory, and numbers of type Int, Long and
     * Float. Buffers keep their memory meanwhile, also when they are closed.
     *
     * @throws WrongDeviceException when a buffer does not lie on its device; nothing has run
     * @throws TransferRangeException when a buffer has no element; nothing has run
     * @throws TypedMemoryClosedException when a buffer has no memory any more; nothing has run
     * @throws DeviceException when the device cannot; what it writes to is undefined then
     * @throws IllegalArgumentException for arguments of another type, and for no or more than three sizes
     */
    public fun run(sizes: LongArray, vararg arguments: Any) {
        require(sizes.size in 1..MOST_SIZES) { "a grid has one to three sizes, and ${sizes.size} were given" }
        val held = ArrayList<HeldBytes>(arguments.size)
        try {
            val taken = arguments.mapIndexed { index, it -> if (it is TypedBuffer<*>) rangeOf(index, it, held) else it }
            translating { kernel.run(sizes, taken) }
        } finally {
            held.forEach { it.leave() }
        }
    }

    private fun rangeOf(index: Int, buffer: TypedBuffer<*>, held: MutableList<HeldBytes>): DeviceRange {
        val bytes = buffer.hold()
        held += bytes
        if (!bytes.location.isDeviceReadable || bytes.device != device.index) {
            throw WrongDeviceException(
                "the argument $index of a kernel of ${device.name} does not lie there: move it by toDevice()",
                device.name,
            )
        }
        if (bytes.size == 0L) throw noBytes(buffer)
        return HeldRange(bytes, 0, bytes.size).onDevice()
    }

    /** Gives it back to the driver, when no run is going on. Closing again does nothing. */
    override fun close(): Unit = kernel.close()

    /** Makes kernels. */
    public companion object {
        private const val MOST_SIZES = 3

        /**
         * Builds [source], OpenCL C, for [device], and finds the kernel [name] in it. The caller closes it.
         *
         * @throws WrongDeviceException when it is not a device of OpenCL
         * @throws DeviceException when it cannot be built; the message has what the compiler said
         */
        @JvmStatic
        public fun build(device: Device, source: String, name: String): DeviceKernel {
            val driver = device.driver as? OpenClDevice
                ?: throw WrongDeviceException("$device is not a device of OpenCL, so it builds no kernel", device.name)
            return translating { DeviceKernel(device, OpenClKernel.build(driver, source, name)) }
        }
    }
}
