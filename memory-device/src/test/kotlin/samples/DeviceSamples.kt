@file:OptIn(UnsafeDeviceApi::class)

package dev.leasehold.memory.samples

import dev.leasehold.memory.MiB
import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.Devices
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.device.copyToAsync
import dev.leasehold.memory.device.copyToSuspending
import dev.leasehold.memory.device.fill
import dev.leasehold.memory.device.moveToDevice
import dev.leasehold.memory.device.moveToHost
import dev.leasehold.memory.device.unsafe.DeviceKernel
import dev.leasehold.memory.device.unsafe.UnsafeDeviceApi
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import java.util.concurrent.CompletableFuture

internal fun deviceList(): Device? {
    val devices = Devices.list()
    devices.forEach { println("${it.name}: ${it.totalBytes shr 20} MiB") }
    devices.reasons.forEach { println("not usable: $it") } // what is missing, and what to do
    return devices.firstOrNull()
}

internal fun deviceRoundTrip(): Float? {
    val device = Devices.list().firstOrNull() ?: return null // Devices.list().reasons says why there is none
    DeviceMemoryManager("weights", device) { limit = 512.MiB }.use { gpu ->
        gpu.pinned.allocateBuffer(ElementType.FLOAT, 1000).use { staging ->
            staging.elements[0] = 0.5f
            gpu.allocateBuffer(ElementType.FLOAT, 1000).use { weights ->
                staging.copyTo(weights) // to the device
                staging.fill(0)
                weights.copyTo(staging) // and back
            }
            return staging.elements[0]
        }
    }
}

internal suspend fun deviceTransfers(staging: UniqueBuffer<Int>, target: UniqueBuffer<Int>) {
    staging.copyToSuspending(target, from = 10, to = 0, count = 20) // suspends
    val done: CompletableFuture<Void?> = target.copyToAsync(staging)
    target.close() // its memory stays until the transfer has ended
    done.join()
}

internal fun deviceMove(gpu: DeviceMemoryManager): Int {
    val memory = if (gpu.device.sharesMemory) gpu.unified else gpu.pinned
    val samples = memory.allocateBuffer(ElementType.INT, 1000)
    samples.elements[7] = 42
    val there = samples.moveToDevice(gpu) // without a copy where both reach the memory
    return there.moveToHost().use { it.elements[7] }
}

internal fun deviceKernel(gpu: DeviceMemoryManager, values: UniqueBuffer<Float>) {
    val source = "kernel void twice(global float* values) { values[get_global_id(0)] *= 2; }"
    DeviceKernel.build(gpu.device, source, "twice").use { it.run(longArrayOf(values.count), values) }
}
