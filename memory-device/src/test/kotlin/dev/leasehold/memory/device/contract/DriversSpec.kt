@file:Suppress("unused", "UNUSED_PARAMETER")

package dev.leasehold.memory.device.contract

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.device.DeviceException
import dev.leasehold.memory.device.DeviceKind
import dev.leasehold.memory.device.DeviceLostException
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.Devices
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.device.copyToAsync
import dev.leasehold.memory.device.fill
import dev.leasehold.memory.device.internal.cuda.CudaDrivers
import dev.leasehold.memory.device.internal.driver.DriverList
import dev.leasehold.memory.device.internal.opencl.OpenClDrivers
import dev.leasehold.memory.device.support.CudaScript
import dev.leasehold.memory.device.support.ScriptedCuda
import dev.leasehold.memory.device.support.ScriptedLibrary
import dev.leasehold.memory.device.support.ScriptedOpenCl
import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.memory.device.support.set
import dev.leasehold.memory.device.toDevice
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.lang.foreign.MemorySegment

/** Functions of OpenCL in the place of the driver's own. */
class FailingFlush {
    fun clFlush(queue: Long): Int = -5
}

/** Functions of OpenCL in the place of the driver's own. */
class FullDevice {
    fun clEnqueueMigrateMemObjects(
        queue: Long,
        count: Int,
        memory: MemorySegment,
        flags: Long,
        waits: Int,
        list: MemorySegment,
        event: MemorySegment,
    ): Int = -4
}

/** Functions of OpenCL in the place of the driver's own. */
class LostPinning {
    var released = 0

    fun clEnqueueMapBuffer(
        queue: Long,
        memory: Long,
        blocking: Int,
        flags: Long,
        offset: Long,
        bytes: Long,
        waits: Int,
        list: MemorySegment,
        event: MemorySegment,
        error: MemorySegment,
    ): Long {
        error.set(-2)
        return 0
    }

    fun clReleaseMemObject(memory: Long): Int {
        released++
        return 0
    }
}

/** Functions of OpenCL in the place of the driver's own. */
class LostQueue {
    var released = 0

    fun clCreateCommandQueue(context: Long, device: Long, flags: Long, error: MemorySegment): Long {
        error.set(-2)
        return 0
    }

    fun clReleaseContext(context: Long): Int {
        released++
        return 0
    }
}

/** Functions of OpenCL in the place of the driver's own. */
class FailingWait {
    fun clWaitForEvents(count: Int, events: MemorySegment): Int = -2
}

/** Drivers that are not as they should be, by libraries that are scripted; and the one that this machine has. */
class DriversSpec : FunSpec() {
    private fun cuda(script: CudaScript, vararg without: String) = DriverList().also {
        CudaDrivers.find(it, ScriptedLibrary(ScriptedCuda(script), without.toSet()))
    }

    private fun openCl(library: ScriptedOpenCl, vararg without: String) = DriverList().also {
        OpenClDrivers.find(it, ScriptedLibrary(library, without.toSet()))
    }

    init {
        test("a CUDA driver tells its devices, their memory and its version") {
            val script = CudaScript().apply { devices = 2 }
            val devices = Devices.of(cuda(script))
            devices.map { it.name } shouldContainExactly listOf("Scripted 0", "Scripted 1")
            with(devices[1]) {
                index shouldBe 1
                kind shouldBe DeviceKind.GPU
                driverName shouldBe "CUDA 12.4"
                totalBytes shouldBe CudaScript.TOTAL
                freeBytes shouldBe CudaScript.TOTAL
                sharesMemory shouldBe true
                toString() shouldBe "Device 1: Scripted 1 (GPU, 64 MiB, CUDA 12.4)"
            }
            devices.reasons.shouldBeEmpty()
        }

        test("a driver that is too old, has no device, fails or lacks a function is a reason, and no failure") {
            cuda(CudaScript().apply { version = 10_020 }).reasons shouldContainExactly listOf(
                "CUDA: the driver has the version 10.2, and 11.0 is the oldest that can be used: install a newer " +
                    "driver",
            )
            cuda(CudaScript().apply { devices = 0 }).reasons shouldContainExactly
                listOf("CUDA: the driver knows of no device")
            cuda(CudaScript().apply { failures["cuInit"] = 100 }).reasons shouldContainExactly
                listOf("CUDA: cuInit failed with CUDA_ERROR_NO_DEVICE (100)")
            cuda(CudaScript(), "cuMemAllocManaged").reasons shouldContainExactly listOf(
                "CUDA: the CUDA driver has no function cuMemAllocManaged, so it is older than what this library " +
                    "needs, or damaged: install the driver anew",
            )
            openCl(ScriptedOpenCl(platforms = 0)).reasons shouldContainExactly
                listOf("OpenCL: the loader knows of no driver: install one, such as pocl-opencl-icd")
            openCl(ScriptedOpenCl(version = "OpenCL 1.1 old")).reasons shouldContainExactly listOf(
                "OpenCL: the driver Scripted has the version 'OpenCL 1.1 old', and OpenCL 1.2 is the oldest that can " +
                    "be used: install a newer driver",
            )
            openCl(ScriptedOpenCl(version = "a surprise")).reasons.single() shouldContain "has the version 'a surprise'"
            openCl(ScriptedOpenCl(), "clEnqueueFillBuffer").reasons.single() shouldStartWith
                "OpenCL: the OpenCL loader has no function clEnqueueFillBuffer"
            openCl(ScriptedOpenCl(failure = -6)).reasons shouldContainExactly
                listOf("OpenCL: clGetPlatformIDs failed with CL_OUT_OF_HOST_MEMORY (-6)")
        }

        test("a library that the system does not have is a reason") {
            val found = DriverList()
            found.library("OpenCL", listOf("libnothing-of-this-name.so")) shouldBe null
            found.reasons shouldContainExactly
                listOf("OpenCL: the system has none of the libraries libnothing-of-this-name.so")
        }

        test("a device without memory left refuses with figures, after what lay idle has gone back") {
            val script = CudaScript()
            val gpu = DeviceMemoryManager("gpu", Devices.of(cuda(script)).let { TestDevices.scriptedCuda(script) })
            val full = gpu.allocateBuffer(ElementType.BYTE, 40 shl 20)
            full.close()
            // 40 MiB lie idle, and 24 are left: the idle ones go back, and the request is made once more.
            val other = gpu.allocateBuffer(ElementType.BYTE, 50 shl 20)
            val refusal = shouldThrow<MemoryExhaustedException> { gpu.allocateBuffer(ElementType.BYTE, 20 shl 20) }
            refusal.message shouldContain "manager 'gpu'"
            refusal.message shouldContain "20,971,520 bytes"
            refusal.message shouldContain "the driver of Scripted 0 said CUDA_ERROR_OUT_OF_MEMORY (2)"
            other.close()
            gpu.close()
            script.left.get() shouldBe CudaScript.TOTAL
        }

        test("a lost context fails everything with its own exception, and closing still works") {
            val script = CudaScript()
            val gpu = DeviceMemoryManager("gpu", TestDevices.scriptedCuda(script))
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 1024)
            val device = host.toDevice(gpu)
            for (function in script.calls.keys) if (function != "cuGetErrorName") script.failures[function] = 700
            val lost = shouldThrow<DeviceLostException> { host.copyTo(device) }
            lost.message shouldBe
                "Scripted 0 could not use its context: its driver said CUDA_ERROR_ILLEGAL_ADDRESS (700)"
            lost.deviceName shouldBe "Scripted 0"
            shouldThrow<DeviceLostException> { device.fill(0) }
            shouldThrow<DeviceLostException> { device.copyToAsync(host) }
            shouldThrow<DeviceLostException> { gpu.device.freeBytes }
            shouldThrow<DeviceLostException> { gpu.allocateBuffer(ElementType.BYTE, 30 shl 20) }.message shouldBe
                "Scripted 0 could not use its context: its driver said CUDA_ERROR_ILLEGAL_ADDRESS (700)"
            shouldThrow<MemoryExhaustedException> { gpu.pinned.allocateBuffer(ElementType.BYTE, 30 shl 20) }
                .message shouldContain "CUDA_ERROR_ILLEGAL_ADDRESS (700)"
            device.close()
            gpu.close()
            gpu.stats().used shouldBe 0
            host.close()
        }

        test("an event that cannot be recorded does not let memory go before the transfer has ended") {
            val script = CudaScript()
            val gpu = DeviceMemoryManager("gpu", TestDevices.scriptedCuda(script))
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 16)
            val device = host.toDevice(gpu)
            script.failures["cuEventRecord"] = 1
            shouldThrow<DeviceException> { host.copyToAsync(device) }.message shouldBe
                "Scripted 0 could not record an event: its driver said CUDA_ERROR_INVALID_VALUE (1)"
            script.count("cuStreamSynchronize") shouldBe 1
            script.count("cuEventDestroy_v2") shouldBe script.count("cuEventCreate")
            host.close()
            device.close()
            gpu.close()
        }

        test("a thread is in the same context of CUDA after each call as before") {
            val (library, device) = TestDevices.scriptedLibrary(CudaScript())
            library.cuCtxPushCurrent_v2(0x42)
            val gpu = DeviceMemoryManager("gpu", device)
            MemoryManager.system().allocateBuffer(ElementType.INT, 16).use { host ->
                host.toDevice(gpu).use { it.toHost().close() }
                gpu.allocateZeroedBuffer(ElementType.INT, 16).close()
            }
            device.freeBytes shouldBe (CudaScript.TOTAL - (1L shl 20))
            gpu.close()
            library.currentContext() shouldBe 0x42
        }

        test("a command that OpenCL cannot send off ends before its memory goes").config(
            enabledOrReasonIf = TestDevices.whereOpenClIs,
        ) {
            val gpu = DeviceMemoryManager("gpu", TestDevices.openClWith(FailingFlush()))
            val host = gpu.pinned.allocateBuffer(ElementType.INT, 16)
            val device = gpu.allocateBuffer(ElementType.INT, 16)
            shouldThrow<DeviceException> { host.copyToAsync(device) }.message shouldContain
                "could not begin a transfer: its driver said CL_OUT_OF_RESOURCES (-5)"
            host.close()
            device.close()
            gpu.stats().used shouldBe 0
            gpu.close()
        }

        test("memory that OpenCL cannot put onto its device is refused, not promised").config(
            enabledOrReasonIf = TestDevices.whereOpenClIs,
        ) {
            val gpu = DeviceMemoryManager("gpu", TestDevices.openClWith(FullDevice()))
            shouldThrow<MemoryExhaustedException> {
                gpu.allocateBuffer(ElementType.BYTE, 1 shl 20)
            }.message shouldContain
                "said CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"
            gpu.close()
        }

        test("what OpenCL has lent goes back when the rest of the way to it fails").config(
            enabledOrReasonIf = TestDevices.whereOpenClIs,
        ) {
            val pinning = LostPinning()
            DeviceMemoryManager("gpu", TestDevices.openClWith(pinning)).use { gpu ->
                shouldThrow<MemoryExhaustedException> { gpu.pinned.allocateBuffer(ElementType.BYTE, 1 shl 20) }
            }
            pinning.released shouldBeGreaterThan 0
            val queue = LostQueue()
            DeviceMemoryManager("gpu", TestDevices.openClWith(queue)).use { gpu ->
                shouldThrow<DeviceLostException> { gpu.allocateBuffer(ElementType.BYTE, 1 shl 20) }
            }
            queue.released shouldBeGreaterThan 0
        }

        test("an event that OpenCL cannot wait for is waited for with all others").config(
            enabledOrReasonIf = TestDevices.whereOpenClIs,
        ) {
            val gpu = DeviceMemoryManager("gpu", TestDevices.openClWith(FailingWait()))
            val device = gpu.allocateBuffer(ElementType.INT, 16)
            shouldThrow<DeviceLostException> { device.fill(1) }.message shouldContain "CL_DEVICE_NOT_AVAILABLE (-2)"
            device.close()
            gpu.close()
        }

        test("memory that a driver puts anywhere is used from a whole page on") {
            val script = CudaScript().apply { shift = 512 }
            val gpu = DeviceMemoryManager("gpu", TestDevices.scriptedCuda(script))
            val host = gpu.pinned.allocateBuffer(ElementType.INT, 1024)
            for (at in 0L until 1024) host.elements[at] = at.toInt()
            val device = host.toDevice(gpu)
            device.toHost().use { back -> for (at in 0L until 1024) back.elements[at] shouldBe at.toInt() }
            host.close()
            device.close()
            gpu.close()
            script.left.get() shouldBe CudaScript.TOTAL
        }

        test("small buffers come out of few allocations of the driver") {
            val script = CudaScript()
            val gpu = DeviceMemoryManager("gpu", TestDevices.scriptedCuda(script))
            repeat(1000) { gpu.allocateBuffer(ElementType.INT, 1024).close() }
            val buffers = List(200) { gpu.allocateBuffer(ElementType.INT, 1024) }
            script.count("cuMemAlloc_v2") shouldBe 1
            buffers.forEach { it.close() }
            gpu.close()
            script.left.get() shouldBe CudaScript.TOTAL
        }

        test("the machine's own OpenCL device tells what it is").config(enabledOrReasonIf = TestDevices.whereOpenClIs) {
            val device = TestDevices.openCl!!
            device.driverName shouldStartWith "OpenCL ("
            device.totalBytes shouldBeGreaterThanOrEqual (64L shl 20)
            device.name.length shouldBeGreaterThan 0
            Devices.list()[device.index] shouldBe device
        }
    }
}
