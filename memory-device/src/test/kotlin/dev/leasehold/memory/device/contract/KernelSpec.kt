@file:OptIn(UnsafeDeviceApi::class)

package dev.leasehold.memory.device.contract

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.device.DeviceException
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.TransferRangeException
import dev.leasehold.memory.device.WrongDeviceException
import dev.leasehold.memory.device.fill
import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.memory.device.toDevice
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.device.unsafe.ClHandles
import dev.leasehold.memory.device.unsafe.CuHandles
import dev.leasehold.memory.device.unsafe.DeviceKernel
import dev.leasehold.memory.device.unsafe.UnsafeDeviceApi
import dev.leasehold.memory.device.unsafe.withClMem
import dev.leasehold.memory.device.unsafe.withCuDevicePointer
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain

class KernelSpec : FunSpec() {
    private val source = """
        kernel void scale(global float* values, float by, int count) {
            size_t at = get_global_id(0);
            if (at < count) values[at] *= by;
        }
    """.trimIndent()

    private val whereMemoryIsShared: EnabledOrReasonIf = { test ->
        val isThere = TestDevices.whereOpenClIs(test)
        val shares = TestDevices.openCl?.sharesMemory == true
        if (isThere.isEnabled && !shares) Enabled.disabled("its device shares no memory") else isThere
    }

    private fun onOpenCl(
        name: String,
        isEnabled: EnabledOrReasonIf = TestDevices.whereOpenClIs,
        action: (DeviceMemoryManager) -> Unit,
    ) {
        test(name).config(enabledOrReasonIf = isEnabled) {
            DeviceMemoryManager("kernels", TestDevices.openCl!!).use { manager ->
                action(manager)
                manager.stats().used shouldBe 0
            }
        }
    }

    init {
        onOpenCl("a kernel works on the device's memory, and on nothing beside it") { manager ->
            DeviceKernel.build(manager.device, source, "scale").use { kernel ->
                val buffers = List(3) { manager.allocateBuffer(ElementType.FLOAT, 1000) }
                MemoryManager.system().allocateBuffer(ElementType.FLOAT, 1000).use { host ->
                    for (at in 0L until 1000) host.elements[at] = at.toFloat()
                    for (buffer in buffers) host.toDevice(manager).use { kernel.run(longArrayOf(1000), it, 2f, 1000) }
                    val device = host.toDevice(manager)
                    buffers.forEach { it.fill(0) }
                    kernel.run(longArrayOf(1000), device, 3f, 1000)
                    device.toHost().use { back -> for (at in 0L until 1000) back.elements[at] shouldBe at * 3f }
                    for (buffer in buffers) {
                        buffer.toHost().use { back -> for (at in 0L until 1000) back.elements[at] shouldBe 0f }
                    }
                    device.close()
                }
                buffers.forEach { it.close() }
            }
        }

        onOpenCl("unified memory is worked on where it lies", whereMemoryIsShared) { manager ->
            DeviceKernel.build(manager.device, source, "scale").use { kernel ->
                manager.unified.allocateBuffer(ElementType.FLOAT, 10).use { shared ->
                    for (at in 0L until 10) shared.elements[at] = at.toFloat()
                    kernel.run(longArrayOf(10), shared, 10f, 10)
                    for (at in 0L until 10) shared.elements[at] shouldBe at * 10f
                }
            }
        }

        onOpenCl("a kernel that cannot be built says what the compiler did") { manager ->
            val failure = shouldThrow<DeviceException> { DeviceKernel.build(manager.device, "kernel void x( {", "x") }
            failure.message shouldContain "could not build a kernel: its driver said CL_BUILD_PROGRAM_FAILURE (-11)\n"
            failure.message shouldContain "error"
            shouldThrow<DeviceException> { DeviceKernel.build(manager.device, source, "other") }.message shouldContain
                "could not find the kernel 'other': its driver said CL_INVALID_KERNEL_NAME (-46)"
        }

        onOpenCl("a kernel refuses what does not lie on its device, and what is closed") { manager ->
            DeviceKernel.build(manager.device, source, "scale").use { kernel ->
                val host = MemoryManager.system().allocateBuffer(ElementType.FLOAT, 10)
                shouldThrow<WrongDeviceException> { kernel.run(longArrayOf(10), host, 1f, 10) }.message shouldBe
                    "the argument 0 of a kernel of ${manager.device.name} does not lie there: move it by toDevice()"
                DeviceMemoryManager("other", TestDevices.scriptedCuda()).use { other ->
                    val elsewhere = host.toDevice(other)
                    shouldThrow<WrongDeviceException> { kernel.run(longArrayOf(10), elsewhere, 1f, 10) }
                    elsewhere.close()
                }
                val device = host.toDevice(manager)
                shouldThrow<IllegalArgumentException> { kernel.run(longArrayOf(), device, 1f, 10) }
                shouldThrow<IllegalArgumentException> { kernel.run(longArrayOf(10), device, "1", 10) }
                shouldThrow<DeviceException> { kernel.run(longArrayOf(10), device, 1L, 10) }.message shouldContain
                    "could not take the argument 1 of a kernel: its driver said CL_INVALID_ARG_SIZE (-51)"
                manager.allocateBuffer(ElementType.FLOAT, 0).use { empty ->
                    shouldThrow<TransferRangeException> { kernel.run(longArrayOf(10), empty, 1f, 10) }
                    shouldThrow<TransferRangeException> { empty.withClMem { it } }
                }
                kernel.close()
                shouldThrow<DeviceException> { kernel.run(longArrayOf(10), device, 1f, 10) }.message shouldBe
                    "a kernel of ${manager.device.name} was run after it had been closed"
                device.close()
                shouldThrow<TypedMemoryClosedException> { kernel.run(longArrayOf(10), device, 1f, 10) }
                host.close()
            }
        }

        onOpenCl("raw handles are lent for a call, with the memory held") { manager ->
            val handles = ClHandles(manager.device)
            handles.context shouldNotBe 0L
            handles.queue shouldNotBe 0L
            val buffer = manager.allocateBuffer(ElementType.FLOAT, 10)
            buffer.withClMem { memory ->
                memory shouldNotBe 0L
                buffer.close()
                manager.stats().used shouldNotBe 0L
            }
            manager.stats().used shouldBe 0
            shouldThrow<WrongDeviceException> { CuHandles(manager.device) }
        }

        test("raw pointers of CUDA are lent for a call, with the memory held") {
            DeviceMemoryManager("pointers", TestDevices.scriptedCuda()).use { manager ->
                CuHandles(manager.device).stream shouldNotBe 0L
                val buffer = manager.allocateBuffer(ElementType.FLOAT, 10)
                shouldThrow<WrongDeviceException> { buffer.withClMem { it } }
                buffer.withCuDevicePointer { pointer ->
                    pointer % 256 shouldBe 0L
                    buffer.close()
                    manager.stats().used shouldNotBe 0L
                }
                manager.stats().used shouldBe 0
                shouldThrow<TypedMemoryClosedException> { buffer.withCuDevicePointer { it } }
                manager.unified.allocateBuffer(ElementType.FLOAT, 10).use { shared ->
                    shared.withCuDevicePointer { it } shouldBe shared.view().address
                }
                shouldThrow<WrongDeviceException> { DeviceKernel.build(manager.device, source, "scale") }
            }
        }

        // PoCL would catch the signal by which the JVM finds it: see SignalHandlers.
        onOpenCl("a division by zero in compiled code still throws after a driver has been loaded") { manager ->
            manager.allocateZeroedBuffer(ElementType.INT, 10).close()
            var thrown = 0
            repeat(200_000) { round -> if (fails(round, if (round % 1000 == 0) 0 else 7)) thrown++ }
            thrown shouldBe 200
        }
    }

    private fun fails(dividend: Int, by: Int): Boolean = try {
        dividend / by == Int.MIN_VALUE
    } catch (_: ArithmeticException) {
        true
    }
}
