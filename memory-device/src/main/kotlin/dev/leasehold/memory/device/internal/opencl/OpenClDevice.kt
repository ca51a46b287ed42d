@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device.internal.opencl

import dev.leasehold.memory.device.internal.driver.AddressTable
import dev.leasehold.memory.device.internal.driver.CopyCommand
import dev.leasehold.memory.device.internal.driver.DeviceCommand
import dev.leasehold.memory.device.internal.driver.DeviceDriver
import dev.leasehold.memory.device.internal.driver.DeviceFacts
import dev.leasehold.memory.device.internal.driver.DriverFailure
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
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG

/**
 * One device of an OpenCL platform: one context, and one queue in which all that it does happens in order. Both are
 * made at the first use, and live as long as the process.
 *
 * Device memory is buffers (`cl_mem`), which have no address: [memory] gives them some. Pinned memory is the mapped
 * form of buffers in host memory, and unified memory that which both sides share (fine-grained shared virtual memory).
 */
internal class OpenClDevice(val openCl: OpenCl, private val platform: Long, val id: Long, driver: String) :
    DeviceDriver {
    private val functions = openCl.functions

    override val facts: DeviceFacts = DeviceFacts(
        name = openCl.deviceText(id, NAME),
        kind = kindOf(openCl.deviceNumber(id, TYPE) ?: 0),
        driver = "OpenCL ($driver)",
        totalBytes = openCl.deviceNumber(id, GLOBAL_MEMORY) ?: 0,
        pageSize = PAGE,
        // In bits.
        alignment = ((openCl.deviceNumber(id, BASE_ALIGNMENT) ?: 0) / Byte.SIZE_BITS).coerceIn(LEAST_ALIGNMENT, PAGE),
        sharesMemory = functions.canShareMemory() && (openCl.deviceNumber(id, SHARING) ?: 0) and FINE_GRAIN != 0L,
    )

    /** The device memory that is out, by address. */
    val memory: AddressTable = AddressTable(PAGE)

    // What the host reaches, too; with the buffer behind it, if there is one.
    private val shared = ShiftedMappings(PAGE)

    private val refused = Refused()

    /** The context and the queue. */
    val context: OpenClContext by lazy { newContext() }

    private fun newContext(): OpenClContext = Arena.ofConfined().use { arena ->
        val error = arena.allocate(JAVA_INT)
        val properties = arena.allocateFrom(JAVA_LONG, CONTEXT_PLATFORM, platform, 0)
        val context = functions.createContext(properties, arena.allocateFrom(JAVA_LONG, id), error)
        requireSuccess(error.get(JAVA_INT, 0), "make a context")
        try {
            val queue = functions.createQueue(context, id, error)
            requireSuccess(error.get(JAVA_INT, 0), "make a queue")
            val upkeep = functions.createQueue(context, id, error)
            requireSuccess(error.get(JAVA_INT, 0), "make a second queue")
            OpenClContext(context, queue, upkeep)
        } catch (failure: Throwable) {
            functions.releaseContext(context)
            throw failure
        }
    }

    override fun freeBytes(): Long? = null

    override val refusal: Refused get() = refused

    override fun map(kind: ForeignPages.Kind, bytes: Long): Long {
        refused.forget()
        return try {
            when (kind) {
                ForeignPages.Kind.DEVICE -> mapDevice(bytes)
                ForeignPages.Kind.PINNED -> mapPinned(bytes)
                ForeignPages.Kind.UNIFIED -> mapUnified(bytes)
            }
        } catch (failure: DriverFailure) {
            refused.by(failure)
        }
    }

    private fun mapDevice(bytes: Long): Long {
        val buffer = createBuffer(READ_WRITE, bytes) ?: return 0
        return orReleasing(buffer) {
            // Otherwise a driver may put off the allocation, and refuse at the first use.
            val code = migrate(buffer)
            if (code == OpenCl.SUCCESS) memory.add(buffer, bytes) else refuse(code)
        }
    }

    /** The address that [map] finds for [buffer]; when it finds none, 0, or fails, the buffer goes back. */
    private inline fun orReleasing(buffer: Long, map: () -> Long): Long {
        var address = 0L
        try {
            address = map()
        } finally {
            if (address == 0L) functions.releaseMemory(buffer)
        }
        return address
    }

    private fun migrate(buffer: Long): Int = Arena.ofConfined().use { arena ->
        val code = functions.migrate(
            context.upkeep,
            arena.allocateFrom(JAVA_LONG, buffer),
            CONTENT_UNDEFINED,
            MemorySegment.NULL,
        )
        if (code == OpenCl.SUCCESS) functions.finish(context.upkeep) else code
    }

    private fun mapPinned(bytes: Long): Long {
        val whole = bytes + PAGE
        val buffer = createBuffer(READ_WRITE or IN_HOST_MEMORY, whole) ?: return 0
        val address = orReleasing(buffer) { mapped(buffer, whole) }
        return if (address == 0L) 0 else shared.add(address, buffer) { release(buffer, address) }
    }

    private fun mapped(buffer: Long, bytes: Long): Long = Arena.ofConfined().use { arena ->
        val error = arena.allocate(JAVA_INT)
        val address = functions.map(context.upkeep, buffer, MAP_READ or MAP_WRITE, bytes, error)
        val code = error.get(JAVA_INT, 0)
        if (code == OpenCl.SUCCESS) address else refuse(code)
    }

    private fun mapUnified(bytes: Long): Long {
        val address = functions.sharedAllocate(context.context, READ_WRITE or SHARED_FINE_GRAIN, bytes + PAGE)
        if (address == 0L) return refused.because("the driver of ${facts.name} has no more of it")
        return shared.add(address, 0) { functions.sharedFree(context.context, address) }
    }

    private fun createBuffer(flags: Long, bytes: Long): Long? = Arena.ofConfined().use { arena ->
        val error = arena.allocate(JAVA_INT)
        val buffer = functions.createBuffer(context.context, flags, bytes, error)
        val code = error.get(JAVA_INT, 0)
        if (code == OpenCl.SUCCESS) return buffer
        val _ = refuse(code)
        null
    }

    private fun refuse(code: Int): Long {
        if (!OpenClErrors.isRefusal(code)) requireSuccess(code, "lend memory")
        return refused.because("the driver of ${facts.name} said ${OpenClErrors.describe(code)}")
    }

    override fun unmap(kind: ForeignPages.Kind, address: Long, bytes: Long) {
        when (kind) {
            ForeignPages.Kind.DEVICE -> memory.remove(address)?.let { functions.releaseMemory(it.handle) }

            ForeignPages.Kind.PINNED -> shared.remove(address)?.let { release(it.handle, it.address) }

            ForeignPages.Kind.UNIFIED -> shared.remove(address)?.let {
                functions.sharedFree(context.context, it.address)
            }
        }
    }

    private fun release(buffer: Long, mapped: Long) {
        functions.unmap(context.upkeep, buffer, mapped)
        functions.finish(context.upkeep)
        functions.releaseMemory(buffer)
    }

    override fun run(command: DeviceCommand) {
        when (command) {
            is WriteCommand -> requireSuccess(write(command, BLOCKING, MemorySegment.NULL), WRITE)
            is ReadCommand -> requireSuccess(read(command, BLOCKING, MemorySegment.NULL), READ)
            else -> await(begin(command))
        }
    }

    override fun begin(command: DeviceCommand): Long = Arena.ofConfined().use { arena ->
        val event = arena.allocate(JAVA_LONG)
        when (command) {
            is WriteCommand -> requireSuccess(write(command, 0, event), WRITE)
            is ReadCommand -> requireSuccess(read(command, 0, event), READ)
            is CopyCommand -> requireSuccess(copy(command, event), "copy inside of it")
            is FillCommand -> requireSuccess(fill(command, arena, event), "fill its memory")
        }
        val begun = event.get(JAVA_LONG, 0)
        try {
            // Otherwise a driver may keep what was begun until somebody waits for it.
            requireSuccess(functions.flush(context.queue), "begin a transfer")
            begun
        } catch (failure: Throwable) {
            // It may run nevertheless, and its memory must stay until then.
            functions.finish(context.queue)
            functions.releaseEvent(begun)
            throw failure
        }
    }

    private fun write(command: WriteCommand, blocking: Int, event: MemorySegment): Int {
        val to = memory.find(command.to, command.bytes)
        val offset = command.to - to.address
        return functions.write(context.queue, to.handle, blocking, offset, command.bytes, command.from, event)
    }

    private fun read(command: ReadCommand, blocking: Int, event: MemorySegment): Int {
        val from = memory.find(command.from, command.bytes)
        val offset = command.from - from.address
        return functions.read(context.queue, from.handle, blocking, offset, command.bytes, command.to, event)
    }

    private fun copy(command: CopyCommand, event: MemorySegment): Int {
        val from = memory.find(command.from, command.bytes)
        val to = memory.find(command.to, command.bytes)
        val offset = command.from - from.address
        val target = command.to - to.address
        return functions.copy(context.queue, from.handle, to.handle, offset, target, command.bytes, event)
    }

    private fun fill(command: FillCommand, arena: Arena, event: MemorySegment): Int {
        val at = memory.find(command.at, command.bytes)
        val pattern = arena.allocateFrom(JAVA_BYTE, command.value)
        return functions.fill(context.queue, at.handle, pattern, 1, command.at - at.address, command.bytes, event)
    }

    override fun await(event: Long) {
        val code = try {
            Arena.ofConfined().use { arena -> functions.waitForEvents(arena.allocateFrom(JAVA_LONG, event)) }
        } catch (full: OutOfMemoryError) {
            functions.finish(context.queue)
            functions.releaseEvent(event)
            throw full
        }
        // What could not be waited for alone is waited for with all others.
        if (code != OpenCl.SUCCESS && code != OpenClErrors.COMMAND_FAILED) functions.finish(context.queue)
        functions.releaseEvent(event)
        requireSuccess(code, "finish a transfer")
    }

    /** A handle for the [bytes] bytes at [address] alone, which its user releases. */
    fun partOf(address: Long, bytes: Long, arena: Arena): Long {
        val whole = memory.find(address, bytes)
        val region = arena.allocateFrom(JAVA_LONG, address - whole.address, bytes)
        val error = arena.allocate(JAVA_INT)
        val part = functions.createSubBuffer(whole.handle, READ_WRITE, REGION, region, error)
        requireSuccess(error.get(JAVA_INT, 0), "make a handle for a part of its memory")
        return part
    }

    /** Forgets the handle that [partOf] has returned. */
    fun releasePart(part: Long) {
        functions.releaseMemory(part)
    }

    /** @throws DriverFailure for a [code] that says that the device could not do [what] */
    fun requireSuccess(code: Int, what: String) {
        if (code == OpenCl.SUCCESS) return
        val message = "${facts.name} could not $what: its driver said ${OpenClErrors.describe(code)}"
        throw DriverFailure(message, facts.name, OpenClErrors.isLoss(code))
    }

    companion object {
        private const val PAGE = 4096L
        private const val LEAST_ALIGNMENT = 16L
        private const val BLOCKING = 1
        private const val WRITE = "be written to"
        private const val READ = "be read"

        // cl_device_info
        private const val TYPE = 0x1000
        private const val BASE_ALIGNMENT = 0x1019
        private const val GLOBAL_MEMORY = 0x101F
        private const val NAME = 0x102B
        private const val SHARING = 0x1053

        // cl_device_svm_capabilities
        private const val FINE_GRAIN = 2L

        // cl_mem_flags and cl_svm_mem_flags
        private const val READ_WRITE = 1L
        private const val IN_HOST_MEMORY = 1L shl 4
        private const val SHARED_FINE_GRAIN = 1L shl 10

        // cl_map_flags and cl_mem_migration_flags
        private const val MAP_READ = 1L
        private const val MAP_WRITE = 2L
        private const val CONTENT_UNDEFINED = 2L

        private const val REGION = 0x1220
        private const val CONTEXT_PLATFORM = 0x1084L

        private fun kindOf(type: Long): ProcessorKind = when {
            type and 4L != 0L -> ProcessorKind.GPU
            type and 2L != 0L -> ProcessorKind.CPU
            else -> ProcessorKind.OTHER
        }
    }
}

/**
 * A context of OpenCL, as its handles.
 *
 * @property queue where transfers and kernels run, in order
 * @property upkeep where memory comes and goes, which must not wait for those
 */
internal class OpenClContext(val context: Long, val queue: Long, val upkeep: Long)
