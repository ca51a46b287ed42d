@file:JvmName("FirstObtain")

package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.rent
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG

private const val STARTS = 20
private const val NANOS_A_MILLI = 1e6

/**
 * Prints how many nanoseconds the first [PermanentMemory.obtain] of this process takes. With an argument, a pool has lent
 * memory before, so that the linker of the virtual machine has started.
 */
public fun main(vararg arguments: String) {
    if (arguments.isNotEmpty()) MemoryPool.shared().rent(64).use { it.segment.setLong(0, 1) }
    val before = System.nanoTime()
    val memory = PermanentMemory.obtain(64)
    val nanos = System.nanoTime() - before
    check(memory.canFit(64))
    println(nanos)
}

/** The median of the milliseconds that the first [PermanentMemory.obtain] takes in 20 processes. */
internal fun firstObtainMillis(afterPool: Boolean): Double {
    val options = listOf("-Xmx64m", "--enable-native-access=ALL-UNNAMED")
    val arguments = if (afterPool) arrayOf("after a pool") else emptyArray()
    val times = List(STARTS) {
        val process = childJvm(options, "dev.leasehold.benchmarks.FirstObtain", *arguments).start()
        process.inputReader().readLine().toLong().also { check(process.waitFor() == 0) }
    }
    return times.sorted()[STARTS / 2] / NANOS_A_MILLI
}

/** How much of what two appenders and others take together is nobody's, in percent of what was appended. */
internal fun permanentWastePercent(): Double {
    val memory = PermanentMemory.obtainPrivate(64L shl 20)
    val source = Arena.global().allocate(JAVA_LONG.byteSize() * 64)
    var appended = 0L
    var seed = 1L
    memory.appender().use { first ->
        memory.appender().use { second ->
            repeat(200_000) { round ->
                seed = seed * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407
                val size = 8 * (1 + (seed ushr 33) % 32)
                val bytes: MemorySegment = source.asSlice(0, size)
                val _ = if (round % 2 == 0) first.append(bytes, 8) else second.append(bytes, 8)
                appended += size
            }
        }
    }
    return (memory.size - memory.remaining - appended) * 100.0 / appended
}
