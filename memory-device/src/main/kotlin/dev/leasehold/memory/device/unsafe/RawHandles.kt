@file:JvmName("RawHandles")
@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.unsafe

import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.DeviceException
import dev.leasehold.memory.device.TransferRangeException
import dev.leasehold.memory.device.WrongDeviceException
import dev.leasehold.memory.device.internal.HeldRange
import dev.leasehold.memory.device.internal.cuda.CudaDevice
import dev.leasehold.memory.device.internal.opencl.OpenClDevice
import dev.leasehold.memory.device.translating
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.hold
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import java.lang.foreign.Arena
import java.util.function.LongFunction

// For those who launch kernels with another library. What they see to: nothing that uses a handle is still going on
// when the block ends, nothing is written outside of the buffer, and nothing is released that was not made by them.

/**
 * Lets [action] use the memory of this buffer as a `cl_mem`, which begins at its first byte and has exactly its bytes.
 *
 * The memory is held meanwhile, also when the buffer is closed. **The handle ends with the call: wait for all commands
 * that use it (`clFinish`) before [action] returns, and do not release it.**
 *
 * @throws WrongDeviceException when it does not lie on a device of OpenCL
 * @throws TransferRangeException when it has no element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 * @throws DeviceException when the driver cannot make the handle
 */
@UnsafeDeviceApi
public fun <R> TypedBuffer<*>.withClMem(action: LongFunction<R>): R = onDevice { range ->
    val device = range.device?.driver as? OpenClDevice ?: throw notOn("OpenCL")
    Arena.ofConfined().use { arena ->
        val part = translating { device.partOf(range.address, range.size, arena) }
        try {
            action.apply(part)
        } finally {
            device.releasePart(part)
        }
    }
}

/**
 * Lets [action] use the memory of this buffer, on a device or unified, by its `CUdeviceptr`.
 *
 * A transfer from memory that is not pinned may still be on its way when `copyTo` has returned. Work in the stream of
 * [CuHandles], or in the default one, waits for it; work in a stream of its own (`CU_STREAM_NON_BLOCKING`) does not.
 *
 * The memory is held meanwhile, also when the buffer is closed. **Afterwards the address may be another's: wait for all
 * work that uses it (`cuStreamSynchronize`) before [action] returns.**
 *
 * @throws WrongDeviceException when it does not lie on a device of CUDA
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@UnsafeDeviceApi
public fun <R> TypedBuffer<*>.withCuDevicePointer(action: LongFunction<R>): R = onDevice { range ->
    if (range.reachedBy?.driver !is CudaDevice) throw notOn("CUDA")
    action.apply(range.address)
}

private inline fun <R> TypedBuffer<*>.onDevice(action: (HeldRange) -> R): R {
    val held = hold()
    try {
        if (held.size == 0L) throw noBytes(this)
        return action(HeldRange(held, 0, held.size))
    } finally {
        held.leave()
    }
}

/** The exception for [buffer], of whose bytes there is no handle. */
internal fun noBytes(buffer: TypedBuffer<*>) =
    TransferRangeException("$buffer has no bytes, and a device no handle for none: allocate one element or more")

private fun TypedBuffer<*>.notOn(api: String) =
    WrongDeviceException("$this does not lie on a device of $api: move it by toDevice()", "$location")

/**
 * What OpenCL calls [device] here: its `cl_device_id`, and the `cl_context` and the `cl_command_queue` of all
 * transfers. None of them may be released. What is put into the queue happens in order with the transfers.
 *
 * @throws WrongDeviceException when it is not a device of OpenCL
 * @throws DeviceException when the driver cannot make a context
 */
@UnsafeDeviceApi
public class ClHandles(device: Device) {
    private val opened = device.driver as? OpenClDevice
        ?: throw WrongDeviceException("$device is not a device of OpenCL", device.name)

    private val made = translating { opened.context }

    /** The `cl_device_id`. */
    public val device: Long = opened.id

    /** The `cl_context`. */
    public val context: Long = made.context

    /** The `cl_command_queue`. */
    public val queue: Long = made.queue
}

/**
 * What CUDA calls [device] here: its primary `CUcontext`, and the `CUstream` of all transfers. Neither may be
 * destroyed.
 *
 * @throws WrongDeviceException when it is not a device of CUDA
 * @throws DeviceException when the driver cannot make a context
 */
@UnsafeDeviceApi
public class CuHandles(device: Device) {
    private val opened = device.driver as? CudaDevice
        ?: throw WrongDeviceException("$device is not a device of CUDA", device.name)

    private val made = translating { opened.context }

    /** The `CUcontext`. */
    public val context: Long = made.context

    /** The `CUstream`. */
    public val stream: Long = made.stream
}
