package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.netty.asByteBufAllocator
import io.netty.buffer.ByteBufAllocator
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import org.openjdk.jmh.annotations.Fork

/** Get a buffer of 1 KiB, write an int, read it, release it: by Netty's interface, from each allocator the same. */
@State(Scope.Thread)
public abstract class NettyBuffers : Measured() {
    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val leaseholdAllocator: ByteBufAllocator = MemoryPool.shared().asByteBufAllocator()

    @Benchmark
    public fun leasehold(): Int = leaseholdAllocator.bufferWriteReadRelease()

    @Benchmark
    public fun nettyPooled(): Int = nettyPooledAllocator.bufferWriteReadRelease()

    @Benchmark
    public fun nettyAdaptive(): Int = nettyAdaptiveAllocator.bufferWriteReadRelease()

    private fun ByteBufAllocator.bufferWriteReadRelease(): Int {
        val buffer = buffer(SIZE)
        try {
            return buffer.writeInt(value).readInt()
        } finally {
            buffer.giveBack()
        }
    }

    private companion object {
        const val SIZE = 1024
    }
}

/**
 * On threads of Netty's own fast type, such as its event loops are.
 *
 * The heap is touched before: else what is measured in the first seconds is how the system lends its pages to what
 * makes garbage.
 */
@Fork(
    value = 3,
    jvmArgsAppend = [
        "-Xms1g",
        "-Xmx1g",
        "-XX:+AlwaysPreTouch",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Djmh.executor=CUSTOM",
        "-Djmh.executor.class=dev.leasehold.benchmarks.FastThreads",
    ],
)
public open class NettyBridgeBenchmark : NettyBuffers()

/** On plain platform threads. */
@Fork(
    value = 3,
    jvmArgsAppend = [
        "-Xms1g",
        "-Xmx1g",
        "-XX:+AlwaysPreTouch",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
    ],
)
public open class NettyBridgePlainBenchmark : NettyBuffers()

/** On virtual threads. */
@Fork(
    value = 3,
    jvmArgsAppend = [
        "-Xms1g",
        "-Xmx1g",
        "-XX:+AlwaysPreTouch",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Djmh.executor=VIRTUAL",
    ],
)
public open class NettyBridgeVirtualBenchmark : NettyBuffers()
