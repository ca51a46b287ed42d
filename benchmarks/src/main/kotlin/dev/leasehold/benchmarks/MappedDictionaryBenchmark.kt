package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.util.concurrent.TimeUnit

/**
 * A map in a file, beside those of others: a million entries of 8 bytes to 100, in random order, by one thread.
 *
 * *Insert* fills a map that begins empty and is as small as its kind begins, *update* replaces values, *get* copies
 * one, *view* looks at one where it lies, and *miss* looks for a key that is not there. Every value that is found is
 * checked. Nothing is forced to the disk. What each contestant was given to be at its best stands with its class.
 *
 * One JVM each: to fill the maps takes most of the time.
 */
@Warmup(iterations = 4, time = 1, timeUnit = TimeUnit.SECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = [
        "-Xms2g",
        "-Xmx2g",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Djmh.executor=CUSTOM",
        "-Djmh.executor.class=dev.leasehold.benchmarks.FastThreads",
        // Chronicle does not start without these, and would report its use to its makers.
        "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
        "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
        "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
        "-Dchronicle.analytics.disable=true",
    ],
)
public open class MappedDictionaryBenchmark : Measured() {
    @Benchmark
    public fun getLeasehold(state: FilledLeasehold): ByteArray = state.entries.get(state.map)

    @Benchmark
    public fun getChronicle(state: FilledChronicle): ByteArray = state.entries.get(state.map)

    @Benchmark
    public fun getMapdb(state: FilledMapdb): ByteArray = state.entries.get(state.map)

    @Benchmark
    public fun getLmdb(state: FilledLmdb): ByteArray = state.entries.get(state.map)

    @Benchmark
    public fun getMvstore(state: FilledMvstore): ByteArray = state.entries.get(state.map)

    /** The others have no view of a value that stays what it is while others change the map. */
    @Benchmark
    public fun viewLeasehold(state: FilledLeasehold): Long {
        val key = state.entries.key()
        val found = (state.map as LeaseholdFileMap).map.read(key) { it.getLong(0) }
        check(found == key) { "$key has no value, or another's" }
        return found
    }

    @Benchmark
    public fun missLeasehold(state: FilledLeasehold): Boolean = state.entries.miss(state.map)

    @Benchmark
    public fun missChronicle(state: FilledChronicle): Boolean = state.entries.miss(state.map)

    @Benchmark
    public fun missMapdb(state: FilledMapdb): Boolean = state.entries.miss(state.map)

    @Benchmark
    public fun missLmdb(state: FilledLmdb): Boolean = state.entries.miss(state.map)

    @Benchmark
    public fun missMvstore(state: FilledMvstore): Boolean = state.entries.miss(state.map)

    @Benchmark
    public fun updateLeasehold(state: FilledLeasehold): Unit = state.entries.put(state.map)

    @Benchmark
    public fun updateChronicle(state: FilledChronicle): Unit = state.entries.put(state.map)

    @Benchmark
    public fun updateMapdb(state: FilledMapdb): Unit = state.entries.put(state.map)

    @Benchmark
    public fun updateLmdb(state: FilledLmdb): Unit = state.entries.put(state.map)

    @Benchmark
    public fun updateMvstore(state: FilledMvstore): Unit = state.entries.put(state.map)

    // A map takes seconds to fill, so an iteration is one of them.

    @Benchmark
    @Warmup(iterations = 1)
    @Measurement(iterations = 2)
    @OperationsPerInvocation(Entries.COUNT)
    public fun insertLeasehold(state: EmptyLeasehold): Unit = state.fill()

    @Benchmark
    @Warmup(iterations = 1)
    @Measurement(iterations = 2)
    @OperationsPerInvocation(Entries.COUNT)
    public fun insertChronicle(state: EmptyChronicle): Unit = state.fill()

    @Benchmark
    @Warmup(iterations = 1)
    @Measurement(iterations = 2)
    @OperationsPerInvocation(Entries.COUNT)
    public fun insertMapdb(state: EmptyMapdb): Unit = state.fill()

    @Benchmark
    @Warmup(iterations = 1)
    @Measurement(iterations = 2)
    @OperationsPerInvocation(Entries.COUNT)
    public fun insertLmdb(state: EmptyLmdb): Unit = state.fill()

    @Benchmark
    @Warmup(iterations = 1)
    @Measurement(iterations = 2)
    @OperationsPerInvocation(Entries.COUNT)
    public fun insertMvstore(state: EmptyMvstore): Unit = state.fill()
}
