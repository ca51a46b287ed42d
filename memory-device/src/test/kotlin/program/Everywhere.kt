package program

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.device.Devices
import dev.leasehold.memory.device.toDevice
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.allocateBuffer

/** Sends a buffer to the first device and back, where there is one, and says what there is. */
fun main() {
    println(Devices.list())
    val memory = MemoryManager.system()
    memory.allocateBuffer(ElementType.INT, 1000).use { host ->
        Devices.list().firstOrNull()?.let { device -> host.toDevice(device).use { it.toHost().close() } }
    }
    check(memory.stats().used == 0L && Devices.list().all { it.memory.stats().used == 0L })
    println("all is back")
}
