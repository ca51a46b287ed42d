package dev.leasehold.memory.device.internal.opencl

import dev.leasehold.memory.device.internal.driver.DeviceRange
import dev.leasehold.memory.device.internal.driver.DriverFailure
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_FLOAT
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG

/** A kernel that OpenCL has built for [device]. Its arguments are its state: one run at a time. */
internal class OpenClKernel private constructor(
    private val device: OpenClDevice,
    private val program: Long,
    private val kernel: Long,
) {
    private val functions = device.openCl.functions
    private var closed = false

    /** Runs it at each point of [sizes] with [arguments], and returns when all have ended. */
    @Synchronized
    fun run(sizes: LongArray, arguments: List<Any>) {
        if (closed) {
            val name = device.facts.name
            throw DriverFailure("a kernel of $name was run after it had been closed", name, isLoss = false)
        }
        Arena.ofConfined().use { arena ->
            val parts = ArrayList<Long>(arguments.size)
            try {
                for ((index, argument) in arguments.withIndex()) set(index, argument, arena, parts)
                val event = arena.allocate(JAVA_LONG)
                val queue = device.context.queue
                val range = arena.allocateFrom(JAVA_LONG, *sizes)
                device.requireSuccess(functions.launch(queue, kernel, sizes.size, range, event), "run a kernel")
                device.await(event.get(JAVA_LONG, 0))
            } finally {
                parts.forEach { functions.releaseMemory(it) }
            }
        }
    }

    private fun set(index: Int, argument: Any, arena: Arena, parts: MutableList<Long>) {
        val code = when (argument) {
            is DeviceRange -> setMemory(index, argument, arena, parts)
            is Int -> set(index, arena.allocateFrom(JAVA_INT, argument))
            is Long -> set(index, arena.allocateFrom(JAVA_LONG, argument))
            is Float -> set(index, arena.allocateFrom(JAVA_FLOAT, argument))
            else -> throw IllegalArgumentException("a kernel cannot take a ${argument::class.simpleName}")
        }
        device.requireSuccess(code, "take the argument $index of a kernel")
    }

    private fun setMemory(index: Int, range: DeviceRange, arena: Arena, parts: MutableList<Long>): Int {
        if (range.isUnified) return functions.setSharedArgument(kernel, index, range.address)
        val part = device.partOf(range.address, range.size, arena)
        parts += part
        return set(index, arena.allocateFrom(JAVA_LONG, part))
    }

    private fun set(index: Int, value: MemorySegment): Int =
        functions.setArgument(kernel, index, value.byteSize(), value)

    @Synchronized
    fun close() {
        if (closed) return
        closed = true
        functions.releaseKernel(kernel)
        functions.releaseProgram(program)
    }

    companion object {
        /** Builds [source], OpenCL C, and finds the kernel [name] in it. */
        fun build(device: OpenClDevice, source: String, name: String): OpenClKernel = Arena.ofConfined().use { arena ->
            val functions = device.openCl.functions
            val error = arena.allocate(JAVA_INT)
            val sources = arena.allocateFrom(ADDRESS, arena.allocateFrom(source))
            val program = functions.createProgram(device.context.context, sources, MemorySegment.NULL, error)
            device.requireSuccess(error.get(JAVA_INT, 0), "take the source of a kernel")
            try {
                val code = functions.buildProgram(program, arena.allocateFrom(JAVA_LONG, device.id))
                if (code != OpenCl.SUCCESS) throw notBuilt(device, program, code)
                val kernel = functions.createKernel(program, arena.allocateFrom(name), error)
                device.requireSuccess(error.get(JAVA_INT, 0), "find the kernel '$name'")
                OpenClKernel(device, program, kernel)
            } catch (failure: Throwable) {
                functions.releaseProgram(program)
                throw failure
            }
        }

        private fun notBuilt(device: OpenClDevice, program: Long, code: Int) = DriverFailure(
            "${device.facts.name} could not build a kernel: its driver said ${OpenClErrors.describe(code)}\n" +
                device.openCl.buildLog(program, device.id),
            device.facts.name,
            isLoss = false,
        )
    }
}
