package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.Devices
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import org.openjdk.jmh.annotations.Benchmark
import org.openjdk.jmh.annotations.BenchmarkMode
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Measurement
import org.openjdk.jmh.annotations.Mode
import org.openjdk.jmh.annotations.OutputTimeUnit
import org.openjdk.jmh.annotations.Param
import org.openjdk.jmh.annotations.Scope
import org.openjdk.jmh.annotations.Setup
import org.openjdk.jmh.annotations.State
import org.openjdk.jmh.annotations.TearDown
import org.openjdk.jmh.annotations.Warmup
import java.lang.foreign.MemorySegment
import java.util.concurrent.TimeUnit

/**
 * Transfers to and from a device, and its memory taken and given back, each beside the same call of the driver alone.
 * Where this machine has no such device, JMH shows why, and no figure.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(value = 2, jvmArgsAppend = ["--enable-native-access=ALL-UNNAMED"])
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public open class DeviceBenchmark {
    @Param("OpenCL", "CUDA")
    public lateinit var driver: String

    @Param("1024", "65536", "1048576", "268435456")
    public var size: Long = 0

    private lateinit var gpu: DeviceMemoryManager
    private lateinit var direct: DirectDriver
    private lateinit var device: UniqueBuffer<Byte>
    private lateinit var pageable: UniqueBuffer<Byte>
    private lateinit var pinned: UniqueBuffer<Byte>
    private lateinit var pageableMemory: MemorySegment

    @Setup
    public fun setUp() {
        val found = Devices.list().firstOrNull { driver in it.driverName }
        checkNotNull(found) { "SKIPPED: there is no device of $driver: ${Devices.list()}" }
        gpu = DeviceMemoryManager("benchmark", found) { idleBound = 1L shl 30 }
        direct = DirectDriver.of(found)
        direct.take(size)
        device = gpu.allocateZeroedBuffer(ElementType.BYTE, size)
        pageable = MemoryManager.system().allocateBuffer(ElementType.BYTE, size)
        pageableMemory = pageable.asMemorySegment().fill(1)
        // Otherwise what is read may be pages that nobody has touched.
        check(direct.write(pageableMemory, size) == 0)
        pinned = gpu.pinned.allocateBuffer(ElementType.BYTE, size)
        val _ = pinned.asMemorySegment().fill(1)
    }

    @TearDown
    public fun tearDown() {
        listOf(device, pageable, pinned, gpu).forEach { it.close() }
        direct.giveBack()
    }

    @Benchmark
    public fun toDevice(): Unit = pageable.copyTo(device)

    @Benchmark
    public fun toDeviceDirect(): Int = direct.write(pageableMemory, size)

    @Benchmark
    public fun toHost(): Unit = device.copyTo(pageable)

    @Benchmark
    public fun toHostDirect(): Int = direct.read(pageableMemory, size)

    @Benchmark
    public fun pinnedToDevice(): Unit = pinned.copyTo(device)

    @Benchmark
    public fun pinnedToHost(): Unit = device.copyTo(pinned)

    @Benchmark
    public fun allocateFree(): Unit = gpu.allocateBuffer(ElementType.BYTE, size).close()

    @Benchmark
    public fun allocateFreeDirect() {
        direct.giveBack()
        direct.take(size)
    }
}
