@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.support

import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.Devices
import dev.leasehold.memory.device.internal.OpenDevice
import dev.leasehold.memory.device.internal.cuda.CudaDrivers
import dev.leasehold.memory.device.internal.driver.DeviceCommand
import dev.leasehold.memory.device.internal.driver.DeviceDriver
import dev.leasehold.memory.device.internal.driver.DriverFailure
import dev.leasehold.memory.device.internal.driver.DriverList
import dev.leasehold.memory.device.internal.opencl.OpenClDrivers
import dev.leasehold.memory.internal.spi.ForeignPages
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import java.lang.foreign.Arena
import java.lang.foreign.SymbolLookup
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/** The devices that tests run on. */
internal object TestDevices {
    // Behind all that a machine has.
    private val next = AtomicInteger(100)

    /** The first device of OpenCL that this machine has, such as PoCL's; null when there is none. */
    val openCl: Device? = Devices.list().firstOrNull { "OpenCL" in it.driverName }

    /** A test that needs [openCl] is skipped, and counted, where there is none. */
    val whereOpenClIs: EnabledOrReasonIf = {
        if (openCl == null) Enabled.disabled("no OpenCL: ${Devices.list()}") else Enabled.enabled
    }

    /** A device of a CUDA driver that does what [script] says. */
    fun scriptedCuda(script: CudaScript = CudaScript()): Device {
        val found = DriverList()
        CudaDrivers.find(found, ScriptedLibrary(ScriptedCuda(script)))
        check(found.reasons.isEmpty()) { found.reasons }
        return Device(OpenDevice(next.getAndIncrement(), found.drivers.first()))
    }

    /** The scripted library of CUDA behind a device of its own. */
    fun scriptedLibrary(script: CudaScript): Pair<ScriptedCuda, Device> {
        val library = ScriptedCuda(script)
        val found = DriverList().also { CudaDrivers.find(it, ScriptedLibrary(library)) }
        return library to Device(OpenDevice(next.getAndIncrement(), found.drivers.first()))
    }

    /** [openCl]'s device by a loader whose functions of these names do what [functions] says. */
    fun openClWith(functions: Any): Device {
        val real = SymbolLookup.libraryLookup("libOpenCL.so.1", Arena.global())
        val scripted = ScriptedLibrary(functions)
        val found = DriverList()
        OpenClDrivers.find(found) { name -> scripted.find(name).or { real.find(name) } }
        return Device(OpenDevice(next.getAndIncrement(), found.drivers.first()))
    }

    /** A device whose driver does what [script] says, and otherwise what one of CUDA does. */
    fun scripted(script: DriverScript): Device =
        Device(OpenDevice(next.getAndIncrement(), ScriptedDriver(scriptedCuda().driver, script)))
}

/** What a test makes of a [ScriptedDriver]. */
internal class DriverScript {
    /** Transfers that were begun end only when this is counted down. */
    @Volatile var end = CountDownLatch(0)

    /** What the next transfers fail with at their end. */
    @Volatile var failure: DriverFailure? = null

    /** What the next transfers fail with at their beginning. */
    @Volatile var refusal: DriverFailure? = null

    /** How many transfers were begun. */
    val begun = AtomicInteger()

    /** What was given back, by its address. */
    val unmapped = CopyOnWriteArrayList<Long>()
}

private class ScriptedDriver(private val real: DeviceDriver, private val script: DriverScript) : DeviceDriver by real {
    override fun run(command: DeviceCommand): Unit = await(begin(command))

    private val commands = ConcurrentHashMap<Long, DeviceCommand>()
    private val events = AtomicLong()

    override fun begin(command: DeviceCommand): Long {
        script.refusal?.let { throw it }
        val event = events.incrementAndGet()
        commands[event] = command
        script.begun.incrementAndGet()
        return event
    }

    // The bytes move at the end, so that memory which was let go too early is seen.
    override fun await(event: Long) {
        script.end.await()
        real.run(checkNotNull(commands.remove(event)))
        script.failure?.let { throw it }
    }

    override fun unmap(kind: ForeignPages.Kind, address: Long, bytes: Long) {
        script.unmapped += address
        real.unmap(kind, address, bytes)
    }
}
