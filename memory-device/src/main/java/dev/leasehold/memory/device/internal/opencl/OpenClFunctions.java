package dev.leasehold.memory.device.internal.opencl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leasehold.memory.device.internal.driver.NativeFunctions;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of OpenCL that this module calls, as their headers declare them ({@code cl.h}, OpenCL 1.2; those of 2.0
 * where they are said to be). In Java, because the calls are exact; what they declare to throw no call into a library
 * does. {@code size_t}, handles and bit fields are longs.
 */
final class OpenClFunctions {
    private final MethodHandle platformIds;
    private final MethodHandle platformInfo;
    private final MethodHandle deviceIds;
    private final MethodHandle deviceInfo;
    private final MethodHandle createContext;
    private final MethodHandle releaseContext;
    private final MethodHandle createQueue;
    private final MethodHandle createBuffer;
    private final MethodHandle createSubBuffer;
    private final MethodHandle releaseMemory;
    private final MethodHandle read;
    private final MethodHandle write;
    private final MethodHandle copy;
    private final MethodHandle fill;
    private final MethodHandle migrate;
    private final MethodHandle map;
    private final MethodHandle unmap;
    private final MethodHandle waitForEvents;
    private final MethodHandle releaseEvent;
    private final MethodHandle flush;
    private final MethodHandle finish;
    private final MethodHandle sharedAllocate;
    private final MethodHandle sharedFree;
    private final MethodHandle createProgram;
    private final MethodHandle buildProgram;
    private final MethodHandle buildInfo;
    private final MethodHandle createKernel;
    private final MethodHandle setArgument;
    private final MethodHandle setSharedArgument;
    private final MethodHandle launch;
    private final MethodHandle releaseKernel;
    private final MethodHandle releaseProgram;

    OpenClFunctions(NativeFunctions library) {
        platformIds = library.function("clGetPlatformIDs", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
        platformInfo = library.function(
                "clGetPlatformInfo", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
        deviceIds = library.function("clGetDeviceIDs", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
        deviceInfo = library.function("clGetDeviceInfo", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
        createContext =
                library.function("clCreateContext", JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        releaseContext = library.function("clReleaseContext", JAVA_INT, JAVA_LONG);
        createQueue = library.function("clCreateCommandQueue", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
        createBuffer =
                library.function("clCreateBuffer", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
        createSubBuffer =
                library.function("clCreateSubBuffer", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
        releaseMemory = library.function("clReleaseMemObject", JAVA_INT, JAVA_LONG);
        MemoryLayout[] transfer = {
            JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS, ADDRESS,
        };
        read = library.function("clEnqueueReadBuffer", JAVA_INT, transfer);
        write = library.function("clEnqueueWriteBuffer", JAVA_INT, transfer);
        copy = library.function(
                "clEnqueueCopyBuffer",
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                ADDRESS,
                ADDRESS);
        fill = library.function(
                "clEnqueueFillBuffer",
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                ADDRESS,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                ADDRESS,
                ADDRESS);
        migrate = library.function(
                "clEnqueueMigrateMemObjects", JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT,
                ADDRESS, ADDRESS);
        map = library.function(
                "clEnqueueMapBuffer",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                ADDRESS,
                ADDRESS,
                ADDRESS);
        unmap = library.function(
                "clEnqueueUnmapMemObject", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
        waitForEvents = library.function("clWaitForEvents", JAVA_INT, JAVA_INT, ADDRESS);
        releaseEvent = library.function("clReleaseEvent", JAVA_INT, JAVA_LONG);
        flush = library.function("clFlush", JAVA_INT, JAVA_LONG);
        finish = library.function("clFinish", JAVA_INT, JAVA_LONG);
        // Of OpenCL 2.0, which not every platform behind the loader has.
        sharedAllocate = library.functionOrNull("clSVMAlloc", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
        sharedFree = library.functionOrNull("clSVMFree", null, JAVA_LONG, JAVA_LONG);
        createProgram =
                library.function(
                "clCreateProgramWithSource", JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
        buildProgram =
                library.function("clBuildProgram", JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        buildInfo = library.function(
                "clGetProgramBuildInfo", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
        createKernel = library.function("clCreateKernel", JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
        setArgument = library.function("clSetKernelArg", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS);
        setSharedArgument = library.functionOrNull(
                "clSetKernelArgSVMPointer", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
        launch = library.function(
                "clEnqueueNDRangeKernel",
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                ADDRESS);
        releaseKernel = library.function("clReleaseKernel", JAVA_INT, JAVA_LONG);
        releaseProgram = library.function("clReleaseProgram", JAVA_INT, JAVA_LONG);
    }

    boolean canShareMemory() {
        return sharedAllocate != null && sharedFree != null && setSharedArgument != null;
    }

    int platformIds(int room, MemorySegment ids, MemorySegment count) throws Throwable {
        return (int) platformIds.invokeExact(room, ids, count);
    }

    int platformInfo(
            long platform, int what, long room, MemorySegment value, MemorySegment size)
            throws Throwable {
        return (int) platformInfo.invokeExact(platform, what, room, value, size);
    }

    int deviceIds(long platform, long kinds, int room, MemorySegment ids, MemorySegment count) throws Throwable {
        return (int) deviceIds.invokeExact(platform, kinds, room, ids, count);
    }

    int deviceInfo(long device, int what, long room, MemorySegment value, MemorySegment size) throws Throwable {
        return (int) deviceInfo.invokeExact(device, what, room, value, size);
    }

    long createContext(MemorySegment properties, MemorySegment devices, MemorySegment error) throws Throwable {
        return (long) createContext.invokeExact(
                properties, 1, devices, MemorySegment.NULL, MemorySegment.NULL, error);
    }

    int releaseContext(long context) throws Throwable {
        return (int) releaseContext.invokeExact(context);
    }

    long createQueue(long context, long device, MemorySegment error) throws Throwable {
        return (long) createQueue.invokeExact(context, device, 0L, error);
    }

    long createBuffer(long context, long flags, long bytes, MemorySegment error) throws Throwable {
        return (long) createBuffer.invokeExact(context, flags, bytes, MemorySegment.NULL, error);
    }

    long createSubBuffer(
            long memory, long flags, int how, MemorySegment region, MemorySegment error)
            throws Throwable {
        return (long) createSubBuffer.invokeExact(memory, flags, how, region, error);
    }

    int releaseMemory(long memory) throws Throwable {
        return (int) releaseMemory.invokeExact(memory);
    }

    int read(
            long queue, long memory, int blocking, long offset, long bytes, MemorySegment to, MemorySegment event)
            throws Throwable {
        return (int) read.invokeExact(queue, memory, blocking, offset, bytes, to, 0, MemorySegment.NULL, event);
    }

    int write(
            long queue, long memory, int blocking, long offset, long bytes, MemorySegment from, MemorySegment event)
            throws Throwable {
        return (int) write.invokeExact(queue, memory, blocking, offset, bytes, from, 0, MemorySegment.NULL, event);
    }

    int copy(
            long queue, long from, long to, long fromOffset, long toOffset, long bytes, MemorySegment event)
            throws Throwable {
        return (int) copy.invokeExact(
                queue, from, to, fromOffset, toOffset, bytes, 0, MemorySegment.NULL, event);
    }

    int fill(
            long queue, long memory, MemorySegment pattern, long length, long offset, long bytes, MemorySegment event)
            throws Throwable {
        return (int) fill.invokeExact(
                queue, memory, pattern, length, offset, bytes, 0, MemorySegment.NULL, event);
    }

    int migrate(long queue, MemorySegment memory, long flags, MemorySegment event) throws Throwable {
        return (int) migrate.invokeExact(queue, 1, memory, flags, 0, MemorySegment.NULL, event);
    }

    long map(long queue, long memory, long flags, long bytes, MemorySegment error) throws Throwable {
        return (long) map.invokeExact(
                queue, memory, 1, flags, 0L, bytes, 0, MemorySegment.NULL, MemorySegment.NULL, error);
    }

    int unmap(long queue, long memory, long address) throws Throwable {
        return (int) unmap.invokeExact(queue, memory, address, 0, MemorySegment.NULL, MemorySegment.NULL);
    }

    int waitForEvents(MemorySegment event) throws Throwable {
        return (int) waitForEvents.invokeExact(1, event);
    }

    int releaseEvent(long event) throws Throwable {
        return (int) releaseEvent.invokeExact(event);
    }

    int flush(long queue) throws Throwable {
        return (int) flush.invokeExact(queue);
    }

    int finish(long queue) throws Throwable {
        return (int) finish.invokeExact(queue);
    }

    long sharedAllocate(long context, long flags, long bytes) throws Throwable {
        return (long) sharedAllocate.invokeExact(context, flags, bytes, 0);
    }

    void sharedFree(long context, long address) throws Throwable {
        sharedFree.invokeExact(context, address);
    }

    long createProgram(
            long context, MemorySegment sources, MemorySegment lengths, MemorySegment error)
            throws Throwable {
        return (long) createProgram.invokeExact(context, 1, sources, lengths, error);
    }

    int buildProgram(long program, MemorySegment devices) throws Throwable {
        return (int) buildProgram.invokeExact(
                program, 1, devices, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    int buildInfo(
            long program, long device, int what, long room, MemorySegment value, MemorySegment size)
            throws Throwable {
        return (int) buildInfo.invokeExact(program, device, what, room, value, size);
    }

    long createKernel(long program, MemorySegment name, MemorySegment error) throws Throwable {
        return (long) createKernel.invokeExact(program, name, error);
    }

    int setArgument(long kernel, int index, long bytes, MemorySegment value) throws Throwable {
        return (int) setArgument.invokeExact(kernel, index, bytes, value);
    }

    int setSharedArgument(long kernel, int index, long address) throws Throwable {
        return (int) setSharedArgument.invokeExact(kernel, index, address);
    }

    int launch(
            long queue, long kernel, int dimensions, MemorySegment sizes, MemorySegment event)
            throws Throwable {
        return (int) launch.invokeExact(
                queue, kernel, dimensions, MemorySegment.NULL, sizes, MemorySegment.NULL, 0, MemorySegment.NULL, event);
    }

    int releaseKernel(long kernel) throws Throwable {
        return (int) releaseKernel.invokeExact(kernel);
    }

    int releaseProgram(long program) throws Throwable {
        return (int) releaseProgram.invokeExact(program);
    }
}
