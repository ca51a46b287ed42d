package dev.leasehold.memory.device.contract

import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.samples.deviceKernel
import dev.leasehold.memory.samples.deviceList
import dev.leasehold.memory.samples.deviceMove
import dev.leasehold.memory.samples.deviceRoundTrip
import dev.leasehold.memory.samples.deviceTransfers
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** What the page on devices shows does what the page says. */
class DeviceSamplesSpec : FunSpec() {
    private fun onDevice(name: String, action: suspend (DeviceMemoryManager) -> Unit) {
        test(name).config(enabledOrReasonIf = TestDevices.whereOpenClIs) {
            val manager = DeviceMemoryManager("samples", TestDevices.openCl!!)
            action(manager)
            manager.stats().used shouldBe 0
            manager.close()
        }
    }

    init {
        onDevice("a device is found, and numbers travel there and back") {
            deviceList() shouldBe TestDevices.openCl
            deviceRoundTrip() shouldBe 0.5f
        }

        onDevice("transfers are waited for, and keep what is closed meanwhile") { gpu ->
            val staging = gpu.pinned.allocateBuffer(ElementType.INT, 100)
            for (at in 0L until 100) staging.elements[at] = at.toInt()
            deviceTransfers(staging, gpu.allocateZeroedBuffer(ElementType.INT, 100))
            staging.elements[0] shouldBe 10
            staging.elements[19] shouldBe 29
            staging.elements[20] shouldBe 0
            staging.close()
        }

        onDevice("ownership moves to the device and back") { gpu -> deviceMove(gpu) shouldBe 42 }

        onDevice("a kernel runs on what lies there") { gpu ->
            val values = gpu.allocateBuffer(ElementType.FLOAT, 10)
            gpu.pinned.allocateBuffer(ElementType.FLOAT, 10).use { host ->
                for (at in 0L until 10) host.elements[at] = at.toFloat()
                host.copyTo(values)
            }
            deviceKernel(gpu, values)
            values.toHost().use { it.elements[9] shouldBe 18f }
            values.close()
        }
    }
}
