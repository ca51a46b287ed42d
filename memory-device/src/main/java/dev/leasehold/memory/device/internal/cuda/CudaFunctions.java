package dev.leasehold.memory.device.internal.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leasehold.memory.device.internal.driver.NativeFunctions;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of CUDA's driver API that this module calls, as their header declares them ({@code cuda.h}); each
 * returns a {@code CUresult}. In Java, because the calls are exact; what they declare to throw no call into a library
 * does. {@code size_t}, {@code CUdeviceptr}, contexts, streams and events are longs.
 */
final class CudaFunctions {
    private final MethodHandle init;
    private final MethodHandle driverVersion;
    private final MethodHandle deviceCount;
    private final MethodHandle device;
    private final MethodHandle deviceName;
    private final MethodHandle totalMemory;
    private final MethodHandle attribute;
    private final MethodHandle retainContext;
    private final MethodHandle releaseContext;
    private final MethodHandle pushContext;
    private final MethodHandle popContext;
    private final MethodHandle memoryInfo;
    private final MethodHandle allocate;
    private final MethodHandle free;
    private final MethodHandle allocateHost;
    private final MethodHandle freeHost;
    private final MethodHandle allocateManaged;
    private final MethodHandle write;
    private final MethodHandle read;
    private final MethodHandle beginWrite;
    private final MethodHandle beginRead;
    private final MethodHandle beginCopy;
    private final MethodHandle beginFill;
    private final MethodHandle createStream;
    private final MethodHandle awaitStream;
    private final MethodHandle createEvent;
    private final MethodHandle record;
    private final MethodHandle awaitEvent;
    private final MethodHandle destroyEvent;
    private final MethodHandle errorName;

    CudaFunctions(NativeFunctions library) {
        init = function(library, "cuInit", JAVA_INT);
        driverVersion = function(library, "cuDriverGetVersion", ADDRESS);
        deviceCount = function(library, "cuDeviceGetCount", ADDRESS);
        device = function(library, "cuDeviceGet", ADDRESS, JAVA_INT);
        deviceName = function(library, "cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
        totalMemory = function(library, "cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
        attribute = function(library, "cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
        retainContext = function(library, "cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
        releaseContext = function(library, "cuDevicePrimaryCtxRelease_v2", JAVA_INT);
        pushContext = function(library, "cuCtxPushCurrent_v2", JAVA_LONG);
        popContext = function(library, "cuCtxPopCurrent_v2", ADDRESS);
        memoryInfo = function(library, "cuMemGetInfo_v2", ADDRESS, ADDRESS);
        allocate = function(library, "cuMemAlloc_v2", ADDRESS, JAVA_LONG);
        free = function(library, "cuMemFree_v2", JAVA_LONG);
        allocateHost = function(library, "cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
        freeHost = function(library, "cuMemFreeHost", JAVA_LONG);
        allocateManaged = function(library, "cuMemAllocManaged", ADDRESS, JAVA_LONG, JAVA_INT);
        write = function(library, "cuMemcpyHtoD_v2", JAVA_LONG, ADDRESS, JAVA_LONG);
        read = function(library, "cuMemcpyDtoH_v2", ADDRESS, JAVA_LONG, JAVA_LONG);
        beginWrite = function(library, "cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
        beginRead = function(library, "cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        beginCopy = function(library, "cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        beginFill = function(library, "cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
        createStream = function(library, "cuStreamCreate", ADDRESS, JAVA_INT);
        awaitStream = function(library, "cuStreamSynchronize", JAVA_LONG);
        createEvent = function(library, "cuEventCreate", ADDRESS, JAVA_INT);
        record = function(library, "cuEventRecord", JAVA_LONG, JAVA_LONG);
        awaitEvent = function(library, "cuEventSynchronize", JAVA_LONG);
        destroyEvent = function(library, "cuEventDestroy_v2", JAVA_LONG);
        errorName = function(library, "cuGetErrorName", JAVA_INT, ADDRESS);
    }

    private static MethodHandle function(NativeFunctions library, String name, MemoryLayout... parameters) {
        return library.function(name, JAVA_INT, parameters);
    }

    int init(int flags) throws Throwable {
        return (int) init.invokeExact(flags);
    }

    int driverVersion(MemorySegment version) throws Throwable {
        return (int) driverVersion.invokeExact(version);
    }

    int deviceCount(MemorySegment count) throws Throwable {
        return (int) deviceCount.invokeExact(count);
    }

    int device(MemorySegment device, int ordinal) throws Throwable {
        return (int) this.device.invokeExact(device, ordinal);
    }

    int deviceName(MemorySegment name, int room, int device) throws Throwable {
        return (int) deviceName.invokeExact(name, room, device);
    }

    int totalMemory(MemorySegment bytes, int device) throws Throwable {
        return (int) totalMemory.invokeExact(bytes, device);
    }

    int attribute(MemorySegment value, int attribute, int device) throws Throwable {
        return (int) this.attribute.invokeExact(value, attribute, device);
    }

    int retainContext(MemorySegment context, int device) throws Throwable {
        return (int) retainContext.invokeExact(context, device);
    }

    int releaseContext(int device) throws Throwable {
        return (int) releaseContext.invokeExact(device);
    }

    int pushContext(long context) throws Throwable {
        return (int) pushContext.invokeExact(context);
    }

    int popContext(MemorySegment context) throws Throwable {
        return (int) popContext.invokeExact(context);
    }

    int memoryInfo(MemorySegment free, MemorySegment total) throws Throwable {
        return (int) memoryInfo.invokeExact(free, total);
    }

    int allocate(MemorySegment address, long bytes) throws Throwable {
        return (int) allocate.invokeExact(address, bytes);
    }

    int free(long address) throws Throwable {
        return (int) this.free.invokeExact(address);
    }

    int allocateHost(MemorySegment address, long bytes, int flags) throws Throwable {
        return (int) allocateHost.invokeExact(address, bytes, flags);
    }

    int freeHost(long address) throws Throwable {
        return (int) freeHost.invokeExact(address);
    }

    int allocateManaged(MemorySegment address, long bytes, int flags) throws Throwable {
        return (int) allocateManaged.invokeExact(address, bytes, flags);
    }

    int write(long to, MemorySegment from, long bytes) throws Throwable {
        return (int) write.invokeExact(to, from, bytes);
    }

    int read(MemorySegment to, long from, long bytes) throws Throwable {
        return (int) read.invokeExact(to, from, bytes);
    }

    int beginWrite(long to, MemorySegment from, long bytes, long stream) throws Throwable {
        return (int) beginWrite.invokeExact(to, from, bytes, stream);
    }

    int beginRead(MemorySegment to, long from, long bytes, long stream) throws Throwable {
        return (int) beginRead.invokeExact(to, from, bytes, stream);
    }

    int beginCopy(long to, long from, long bytes, long stream) throws Throwable {
        return (int) beginCopy.invokeExact(to, from, bytes, stream);
    }

    int beginFill(long at, byte value, long bytes, long stream) throws Throwable {
        return (int) beginFill.invokeExact(at, value, bytes, stream);
    }

    int createStream(MemorySegment stream, int flags) throws Throwable {
        return (int) createStream.invokeExact(stream, flags);
    }

    int awaitStream(long stream) throws Throwable {
        return (int) awaitStream.invokeExact(stream);
    }

    int createEvent(MemorySegment event, int flags) throws Throwable {
        return (int) createEvent.invokeExact(event, flags);
    }

    int record(long event, long stream) throws Throwable {
        return (int) record.invokeExact(event, stream);
    }

    int awaitEvent(long event) throws Throwable {
        return (int) awaitEvent.invokeExact(event);
    }

    int destroyEvent(long event) throws Throwable {
        return (int) destroyEvent.invokeExact(event);
    }

    int errorName(int code, MemorySegment name) throws Throwable {
        return (int) errorName.invokeExact(code, name);
    }
}
