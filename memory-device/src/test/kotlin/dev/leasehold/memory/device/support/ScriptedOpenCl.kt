@file:Suppress("unused", "UNUSED_PARAMETER", "ktlint:standard:function-naming", "FunctionName")

package dev.leasehold.memory.device.support

import java.lang.foreign.MemorySegment

/**
 * The loader of OpenCL as far as drivers are looked for: a number of [platforms] of one [version], none of which has a
 * device; or one that fails with the code [failure].
 */
class ScriptedOpenCl(
    private val platforms: Int = 1,
    private val version: String = "OpenCL 3.0 scripted",
    private val failure: Int = 0,
) {
    fun clGetPlatformIDs(room: Int, ids: MemorySegment, count: MemorySegment): Int {
        if (failure != 0) return failure
        if (platforms == 0) return PLATFORM_NOT_FOUND
        if (count.address() != 0L) count.set(platforms)
        if (room > 0) ids.set(PLATFORM)
        return 0
    }

    fun clGetPlatformInfo(platform: Long, what: Int, room: Long, value: MemorySegment, size: MemorySegment): Int {
        val text = if (what == VERSION) version else "Scripted"
        if (size.address() != 0L) size.set(text.length + 1L)
        if (room > 0) value.set(text, room)
        return if (platform == PLATFORM) 0 else INVALID_PLATFORM
    }

    fun clGetDeviceIDs(platform: Long, kinds: Long, room: Int, ids: MemorySegment, count: MemorySegment): Int =
        DEVICE_NOT_FOUND

    // What is looked up and never called.
    fun clGetDeviceInfo(): Int = 0

    fun clCreateContext(): Int = 0

    fun clReleaseContext(): Int = 0

    fun clCreateCommandQueue(): Int = 0

    fun clCreateBuffer(): Int = 0

    fun clCreateSubBuffer(): Int = 0

    fun clReleaseMemObject(): Int = 0

    fun clEnqueueReadBuffer(): Int = 0

    fun clEnqueueWriteBuffer(): Int = 0

    fun clEnqueueCopyBuffer(): Int = 0

    fun clEnqueueFillBuffer(): Int = 0

    fun clEnqueueMigrateMemObjects(): Int = 0

    fun clEnqueueMapBuffer(): Int = 0

    fun clEnqueueUnmapMemObject(): Int = 0

    fun clWaitForEvents(): Int = 0

    fun clReleaseEvent(): Int = 0

    fun clFlush(): Int = 0

    fun clFinish(): Int = 0

    fun clCreateProgramWithSource(): Int = 0

    fun clBuildProgram(): Int = 0

    fun clGetProgramBuildInfo(): Int = 0

    fun clCreateKernel(): Int = 0

    fun clSetKernelArg(): Int = 0

    fun clEnqueueNDRangeKernel(): Int = 0

    fun clReleaseKernel(): Int = 0

    fun clReleaseProgram(): Int = 0

    private companion object {
        const val PLATFORM = 0x51L
        const val VERSION = 0x0901
        const val DEVICE_NOT_FOUND = -1
        const val INVALID_PLATFORM = -32
        const val PLATFORM_NOT_FOUND = -1001
    }
}
