package dev.leasehold.benchmarks

import kotlinx.benchmark.BenchmarkMode
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Mode
import kotlinx.benchmark.OutputTimeUnit
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import java.util.concurrent.TimeUnit

/**
 * How all benchmarks measure, so that figures can be compared across classes: average time, three JVMs each, on
 * threads of Netty's own fast type, which the library treats like every other platform thread.
 *
 * Three tenths of a second for an iteration are 6 million operations of 50 ns; more time buys little, more JVMs buy the
 * spread between compilations. Classes with many figures measure with two JVMs. Everything together takes about
 * an hour on two cores.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
    value = 3,
    jvmArgsAppend = [
        "-Xms1g",
        "-Xmx1g",
        "--enable-native-access=ALL-UNNAMED",
        // Netty's fastest paths stand on it.
        "--sun-misc-unsafe-memory-access=allow",
        // Arrow does not start without it, and Netty may then get its chunks without zeroing them.
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
        // Agrona's buffers stand on it.
        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
        // Netty's chunks count against it, and 512 blocks of 1 MiB need more than the heap's size.
        "-XX:MaxDirectMemorySize=6g",
        "-Djmh.executor=CUSTOM",
        "-Djmh.executor.class=dev.leasehold.benchmarks.FastThreads",
    ],
)
public abstract class Measured
