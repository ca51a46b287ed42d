@file:OptIn(UnsafeDeviceApi::class)

package dev.leasehold.benchmarks

import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.unsafe.ClHandles
import dev.leasehold.memory.device.unsafe.CuHandles
import dev.leasehold.memory.device.unsafe.UnsafeDeviceApi
import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemoryLayout
import java.lang.foreign.MemorySegment
import java.lang.foreign.SymbolLookup
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandle

/** A device's driver, called as one would without this library. */
internal interface DirectDriver {
    /** Takes [bytes] of the device's memory, the one piece that [write] and [read] use. */
    fun take(bytes: Long)

    fun write(from: MemorySegment, bytes: Long): Int

    fun read(to: MemorySegment, bytes: Long): Int

    fun giveBack()

    companion object {
        fun of(device: Device): DirectDriver =
            if ("OpenCL" in device.driverName) DirectOpenCl(device) else DirectCuda(device)
    }
}

private class Functions(vararg names: String) {
    private val library = names.firstNotNullOf {
        runCatching { SymbolLookup.libraryLookup(it, Arena.global()) }.getOrNull()
    }

    fun of(name: String, result: MemoryLayout, vararg parameters: MemoryLayout): MethodHandle =
        Linker.nativeLinker().downcallHandle(library.find(name).get(), FunctionDescriptor.of(result, *parameters))
}

private class DirectOpenCl(device: Device) : DirectDriver {
    private val handles = ClHandles(device)
    private val functions = Functions("libOpenCL.so.1")
    private val transfer = arrayOf<MemoryLayout>(
        JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS, ADDRESS,
    )
    private val write = functions.of("clEnqueueWriteBuffer", JAVA_INT, *transfer)
    private val read = functions.of("clEnqueueReadBuffer", JAVA_INT, *transfer)
    private val create = functions.of("clCreateBuffer", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS)
    private val release = functions.of("clReleaseMemObject", JAVA_INT, JAVA_LONG)
    private val none = MemorySegment.NULL
    private var memory = 0L

    override fun take(bytes: Long) {
        memory = create.invoke(handles.context, 1L, bytes, none, none) as Long
        check(memory != 0L) { "no memory of $bytes bytes" }
    }

    override fun write(from: MemorySegment, bytes: Long): Int =
        write.invoke(handles.queue, memory, 1, 0L, bytes, from, 0, none, none) as Int

    override fun read(to: MemorySegment, bytes: Long): Int =
        read.invoke(handles.queue, memory, 1, 0L, bytes, to, 0, none, none) as Int

    override fun giveBack() {
        val _ = release.invoke(memory) as Int
    }
}

private class DirectCuda(device: Device) : DirectDriver {
    private val handles = CuHandles(device)
    private val functions = Functions("libcuda.so.1", "nvcuda.dll")
    private val write = functions.of("cuMemcpyHtoD_v2", JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG)
    private val read = functions.of("cuMemcpyDtoH_v2", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG)
    private val allocate = functions.of("cuMemAlloc_v2", JAVA_INT, ADDRESS, JAVA_LONG)
    private val free = functions.of("cuMemFree_v2", JAVA_INT, JAVA_LONG)
    private val enter = functions.of("cuCtxSetCurrent", JAVA_INT, JAVA_LONG)
    private val place = Arena.global().allocate(JAVA_LONG)
    private var memory = 0L

    override fun take(bytes: Long) {
        check(enter.invoke(handles.context) as Int == 0)
        check(allocate.invoke(place, bytes) as Int == 0) { "no memory of $bytes bytes" }
        memory = place.get(JAVA_LONG, 0)
    }

    override fun write(from: MemorySegment, bytes: Long): Int = write.invoke(memory, from, bytes) as Int

    override fun read(to: MemorySegment, bytes: Long): Int = read.invoke(to, memory, bytes) as Int

    override fun giveBack() {
        val _ = free.invoke(memory) as Int
    }
}
