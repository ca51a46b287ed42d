package dev.leasehold.memory.device.internal.opencl

import dev.leasehold.memory.device.internal.driver.DriverUnusableException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG

/** What the OpenCL loader knows: platforms and their devices, each a number that only it understands. Any thread. */
internal class OpenCl(val functions: OpenClFunctions) {
    /** All platforms; none when the loader knows of no driver. */
    fun platforms(): LongArray = ids("clGetPlatformIDs", PLATFORM_NOT_FOUND) { room, ids, count ->
        functions.platformIds(room, ids, count)
    }

    /** All devices of [platform]. */
    fun devices(platform: Long): LongArray = ids("clGetDeviceIDs", DEVICE_NOT_FOUND) { room, ids, count ->
        functions.deviceIds(platform, ALL_DEVICES, room, ids, count)
    }

    private inline fun ids(what: String, none: Int, get: (Int, MemorySegment, MemorySegment) -> Int): LongArray =
        Arena.ofConfined().use { arena ->
            val count = arena.allocate(JAVA_INT)
            val code = get(0, MemorySegment.NULL, count)
            val found = count.get(JAVA_INT, 0)
            if (code == none || (code == SUCCESS && found == 0)) return LongArray(0)
            if (code != SUCCESS) throw DriverUnusableException("$what failed with ${OpenClErrors.describe(code)}")
            val ids = arena.allocate(JAVA_LONG, found.toLong())
            check(get(found, ids, MemorySegment.NULL), what)
            ids.toArray(JAVA_LONG)
        }

    /** The text that [platform] has for [what]. */
    fun platformText(platform: Long, what: Int): String = text("clGetPlatformInfo") { room, value, size ->
        functions.platformInfo(platform, what, room, value, size)
    }

    /** The text that [device] has for [what]. */
    fun deviceText(device: Long, what: Int): String = text("clGetDeviceInfo") { room, value, size ->
        functions.deviceInfo(device, what, room, value, size)
    }

    /** What building [program] for [device] has printed. */
    fun buildLog(program: Long, device: Long): String = text("clGetProgramBuildInfo") { room, value, size ->
        functions.buildInfo(program, device, BUILD_LOG, room, value, size)
    }

    private inline fun text(what: String, get: (Long, MemorySegment, MemorySegment) -> Int): String =
        Arena.ofConfined().use { arena ->
            val size = arena.allocate(JAVA_LONG)
            check(get(0, MemorySegment.NULL, size), what)
            val text = arena.allocate(size.get(JAVA_LONG, 0) + 1)
            check(get(text.byteSize() - 1, text, MemorySegment.NULL), what)
            text.getString(0).trim()
        }

    /** The number that [device] has for [what], of four or eight bytes; null where it does not know of [what]. */
    fun deviceNumber(device: Long, what: Int): Long? = Arena.ofConfined().use { arena ->
        // Zero above what the driver writes, on the machines that this runs on: all have the low bytes first.
        val value = arena.allocate(JAVA_LONG)
        val code = functions.deviceInfo(device, what, value.byteSize(), value, MemorySegment.NULL)
        if (code == SUCCESS) value.get(JAVA_LONG, 0) else null
    }

    companion object {
        const val SUCCESS = 0
        private const val DEVICE_NOT_FOUND = -1
        private const val PLATFORM_NOT_FOUND = -1001
        private const val ALL_DEVICES = 0xFFFFFFFFL
        private const val BUILD_LOG = 0x1183

        private fun check(code: Int, what: String) {
            if (code != SUCCESS) throw DriverUnusableException("$what failed with ${OpenClErrors.describe(code)}")
        }
    }
}

/** The errors of OpenCL. */
internal object OpenClErrors {
    private const val OUT_OF_MEMORY = -4
    private const val OUT_OF_RESOURCES = -5
    private const val OUT_OF_HOST_MEMORY = -6
    private const val BUFFER_TOO_LARGE = -61
    private const val NOT_AVAILABLE = -2

    /** A command that was waited for has failed; it has ended. */
    const val COMMAND_FAILED: Int = -14

    private const val INVALID_CONTEXT = -34
    private const val INVALID_QUEUE = -36

    private val NAMES = mapOf(
        -1 to "DEVICE_NOT_FOUND",
        NOT_AVAILABLE to "DEVICE_NOT_AVAILABLE",
        -3 to "COMPILER_NOT_AVAILABLE",
        OUT_OF_MEMORY to "MEM_OBJECT_ALLOCATION_FAILURE",
        OUT_OF_RESOURCES to "OUT_OF_RESOURCES",
        OUT_OF_HOST_MEMORY to "OUT_OF_HOST_MEMORY",
        -11 to "BUILD_PROGRAM_FAILURE",
        COMMAND_FAILED to "EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        -30 to "INVALID_VALUE",
        -33 to "INVALID_DEVICE",
        INVALID_CONTEXT to "INVALID_CONTEXT",
        INVALID_QUEUE to "INVALID_COMMAND_QUEUE",
        -38 to "INVALID_MEM_OBJECT",
        -46 to "INVALID_KERNEL_NAME",
        -49 to "INVALID_ARG_INDEX",
        -51 to "INVALID_ARG_SIZE",
        -52 to "INVALID_KERNEL_ARGS",
        BUFFER_TOO_LARGE to "INVALID_BUFFER_SIZE",
        -1001 to "PLATFORM_NOT_FOUND_KHR",
    )

    /** The name of [code] as the headers have it, and its number. */
    fun describe(code: Int): String = NAMES[code]?.let { "CL_$it ($code)" } ?: "the error $code"

    /** Whether [code] says that there is no memory. */
    fun isRefusal(code: Int): Boolean =
        code == OUT_OF_MEMORY || code == OUT_OF_RESOURCES || code == OUT_OF_HOST_MEMORY || code == BUFFER_TOO_LARGE

    /** Whether [code] says that the device has gone, with all that was on it. */
    fun isLoss(code: Int): Boolean = code == NOT_AVAILABLE || code == INVALID_CONTEXT || code == INVALID_QUEUE
}
