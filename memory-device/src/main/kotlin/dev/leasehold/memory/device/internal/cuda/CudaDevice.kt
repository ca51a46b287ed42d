@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.internal.cuda

import dev.leasehold.memory.device.internal.driver.CopyCommand
import dev.leasehold.memory.device.internal.driver.DeviceCommand
import dev.leasehold.memory.device.internal.driver.DeviceDriver
import dev.leasehold.memory.device.internal.driver.DeviceFacts
import dev.leasehold.memory.device.internal.driver.DriverFailure
import dev.leasehold.memory.device.internal.driver.DriverUnusableException
import dev.leasehold.memory.device.internal.driver.FillCommand
import dev.leasehold.memory.device.internal.driver.ProcessorKind
import dev.leasehold.memory.device.internal.driver.ReadCommand
import dev.leasehold.memory.device.internal.driver.Refused
import dev.leasehold.memory.device.internal.driver.ShiftedMappings
import dev.leasehold.memory.device.internal.driver.WriteCommand
import dev.leasehold.memory.internal.spi.ForeignPages
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG

/**
 * One device of CUDA's driver, in its primary context, which the process shares with other libraries, and with one
 * stream in which all that is begun here happens in order. Both are made at the first use, and live as long as the
 * process.
 *
 * The stream is one that the default stream waits for and that waits for it: so what is run at once keeps its place
 * among what was begun.
 */
internal class CudaDevice(
    private val functions: CudaFunctions,
    private val errors: CudaErrors,
    private val id: Int,
    driver: String,
) : DeviceDriver {
    override val facts: DeviceFacts = DeviceFacts(
        name = readName(),
        kind = ProcessorKind.GPU,
        driver = driver,
        totalBytes = readLong("cuDeviceTotalMem") { functions.totalMemory(it, id) },
        pageSize = PAGE,
        alignment = ALIGNMENT,
        sharesMemory = attribute(MANAGED_MEMORY) != 0 && attribute(CONCURRENT_MANAGED_ACCESS) != 0,
    )

    private val refused = Refused()

    private val shifted = ShiftedMappings(PAGE)

    /** The context and the stream. */
    val context: CudaContext by lazy { newContext() }

    private fun newContext(): CudaContext = Arena.ofConfined().use { arena ->
        val value = arena.allocate(JAVA_LONG)
        requireSuccess(functions.retainContext(value, id), "make a context")
        val context = value.get(JAVA_LONG, 0)
        try {
            within(context) { requireSuccess(functions.createStream(value, 0), "make a stream") }
            CudaContext(context, value.get(JAVA_LONG, 0))
        } catch (failure: Throwable) {
            functions.releaseContext(id)
            throw failure
        }
    }

    /** Lets the calling thread talk to this device, and afterwards to whatever it did before. */
    private inline fun <R> inContext(action: (CudaContext) -> R): R {
        val entered = context
        return within(entered.context) { action(entered) }
    }

    private inline fun <R> within(context: Long, action: () -> R): R {
        requireSuccess(functions.pushContext(context), "use its context")
        try {
            return action()
        } finally {
            functions.popContext(POPPED)
        }
    }

    override fun freeBytes(): Long? = inContext {
        Arena.ofConfined().use { arena ->
            val free = arena.allocate(JAVA_LONG)
            requireSuccess(functions.memoryInfo(free, arena.allocate(JAVA_LONG)), "tell its free memory")
            free.get(JAVA_LONG, 0)
        }
    }

    override val refusal: Refused get() = refused

    override fun map(kind: ForeignPages.Kind, bytes: Long): Long {
        refused.forget()
        return try {
            inContext { mapInContext(kind, bytes) }
        } catch (failure: DriverFailure) {
            refused.by(failure)
        }
    }

    private fun mapInContext(kind: ForeignPages.Kind, bytes: Long): Long {
        val address = allocate(kind, bytes)
        if (address and PAGE - 1 == 0L) return address
        // The driver promises less; in whole blocks of it, it has what was asked for.
        free(kind, address)
        val whole = allocate(kind, bytes + PAGE)
        return if (whole == 0L) 0 else shifted.add(whole, 0) { free(kind, whole) }
    }

    private fun allocate(kind: ForeignPages.Kind, bytes: Long): Long = Arena.ofConfined().use { arena ->
        val address = arena.allocate(JAVA_LONG)
        val code = when (kind) {
            ForeignPages.Kind.DEVICE -> functions.allocate(address, bytes)
            ForeignPages.Kind.PINNED -> functions.allocateHost(address, bytes, FOR_ALL_CONTEXTS)
            ForeignPages.Kind.UNIFIED -> functions.allocateManaged(address, bytes, FOR_ALL_STREAMS)
        }
        if (code == CudaErrors.SUCCESS) address.get(JAVA_LONG, 0) else refuse(code)
    }

    private fun free(kind: ForeignPages.Kind, address: Long) {
        val code = if (kind == ForeignPages.Kind.PINNED) functions.freeHost(address) else functions.free(address)
        requireSuccess(code, "take memory back")
    }

    private fun refuse(code: Int): Long {
        if (!CudaErrors.isRefusal(code)) requireSuccess(code, "lend memory")
        return refused.because("the driver of ${facts.name} said ${errors.describe(code)}")
    }

    override fun unmap(kind: ForeignPages.Kind, address: Long, bytes: Long) {
        inContext { free(kind, shifted.remove(address)?.address ?: address) }
    }

    override fun run(command: DeviceCommand) {
        when (command) {
            is WriteCommand -> inContext {
                requireSuccess(functions.write(command.to, command.from, command.bytes), WRITE)
            }

            is ReadCommand -> inContext {
                requireSuccess(functions.read(command.to, command.from, command.bytes), READ)
            }

            else -> await(begin(command))
        }
    }

    override fun begin(command: DeviceCommand): Long = inContext { (_, stream) ->
        Arena.ofConfined().use { arena ->
            val place = arena.allocate(JAVA_LONG)
            requireSuccess(functions.createEvent(place, NO_TIMING or BLOCKING_WAIT), "make an event")
            val event = place.get(JAVA_LONG, 0)
            var hasBegun = false
            try {
                requireSuccess(begin(command, stream), "begin a transfer")
                hasBegun = true
                requireSuccess(functions.record(event, stream), "record an event")
                event
            } catch (failure: Throwable) {
                // What has begun without an event ends before anybody reuses its memory.
                if (hasBegun) functions.awaitStream(stream)
                functions.destroyEvent(event)
                throw failure
            }
        }
    }

    private fun begin(command: DeviceCommand, stream: Long): Int = when (command) {
        is WriteCommand -> functions.beginWrite(command.to, command.from, command.bytes, stream)
        is ReadCommand -> functions.beginRead(command.to, command.from, command.bytes, stream)
        is CopyCommand -> functions.beginCopy(command.to, command.from, command.bytes, stream)
        is FillCommand -> functions.beginFill(command.at, command.value, command.bytes, stream)
    }

    override fun await(event: Long) {
        inContext {
            val code = functions.awaitEvent(event)
            functions.destroyEvent(event)
            requireSuccess(code, "finish a transfer")
        }
    }

    private fun requireSuccess(code: Int, what: String) {
        if (code == CudaErrors.SUCCESS) return
        val message = "${facts.name} could not $what: its driver said ${errors.describe(code)}"
        throw DriverFailure(message, facts.name, CudaErrors.isLoss(code))
    }

    private fun readName(): String = Arena.ofConfined().use { arena ->
        val name = arena.allocate(MOST_NAME)
        requireUsable(functions.deviceName(name, MOST_NAME.toInt(), id), "cuDeviceGetName")
        name.getString(0)
    }

    private inline fun readLong(what: String, read: (MemorySegment) -> Int): Long = Arena.ofConfined().use { arena ->
        val value = arena.allocate(JAVA_LONG)
        requireUsable(read(value), what)
        value.get(JAVA_LONG, 0)
    }

    private fun attribute(attribute: Int): Int = Arena.ofConfined().use { arena ->
        val value = arena.allocate(JAVA_INT)
        requireUsable(functions.attribute(value, attribute, id), "cuDeviceGetAttribute")
        value.get(JAVA_INT, 0)
    }

    private fun requireUsable(code: Int, what: String) {
        if (code != CudaErrors.SUCCESS) throw DriverUnusableException("$what failed with ${errors.describe(code)}")
    }

    private companion object {
        // Where a context goes that is not needed any more; nobody reads it.
        val POPPED: MemorySegment = Arena.global().allocate(JAVA_LONG)

        // What this takes at a time; the driver itself cuts larger pieces.
        const val PAGE = 4096L
        const val ALIGNMENT = 256L
        const val MOST_NAME = 256L
        const val WRITE = "be written to"
        const val READ = "be read"

        // CUdevice_attribute
        const val MANAGED_MEMORY = 83
        const val CONCURRENT_MANAGED_ACCESS = 89

        // cuMemHostAlloc, cuMemAllocManaged and cuEventCreate
        const val FOR_ALL_CONTEXTS = 1
        const val FOR_ALL_STREAMS = 1
        const val BLOCKING_WAIT = 1
        const val NO_TIMING = 2
    }
}

/** A context of CUDA and its stream, as their handles. */
internal data class CudaContext(val context: Long, val stream: Long)
