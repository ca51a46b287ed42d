@file:JvmName("IdleCost")

package dev.leasehold.benchmarks

import com.sun.management.OperatingSystemMXBean
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import java.lang.management.ManagementFactory
import java.util.Locale
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.hours

private const val THREADS = 10_000
private const val WAITERS = 20_000
private const val POOLS = 1_000
private const val LOOKS = 101
private const val STACK_KIB = 128
private const val PAUSE_MILLIS = 5L
private const val WATCHED_MILLIS = 20_000L
private const val NANOS_A_MILLI = 1e6

/**
 * Prints what memory costs that does nothing, as a Markdown table with its bars: the figures of a pool that 10,000
 * threads use, 1,000 pools that decay and then rest, and 20,000 requests that wait.
 */
public fun main() {
    println("| what | bar | measured |")
    println("|---|---:|---:|")
    statsOfManyThreads()
    decayOfManyPools()
    waitingOfMany()
}

private fun row(what: String, bar: String, unit: String, measured: Double) =
    println("| $what | $bar | ${"%.2f".format(Locale.ROOT, measured)} $unit |")

private fun statsOfManyThreads() = MemoryPool.isolated("many threads").use { pool ->
    val ready = CountDownLatch(THREADS)
    val end = CountDownLatch(1)
    val threads = List(THREADS) { index ->
        Thread(null, {
            pool.rent(100).use { it.segment.setByte(0, 1) }
            ready.countDown()
            end.await()
        }, "user $index", STACK_KIB.KiB).apply { start() }
    }
    ready.await()
    val times = List(LOOKS) {
        Thread.sleep(PAUSE_MILLIS)
        millis { val _ = pool.stats() }
    }
    row("`stats()` with 10,000 threads alive, the median of $LOOKS", "≤ 2 ms", "ms", times.sorted()[LOOKS / 2])
    end.countDown()
    threads.forEach { it.join() }
    row("the first `stats()` after they died", "≤ 20 ms", "ms", millis { val _ = pool.stats() })
}

private fun millis(action: () -> Unit): Double {
    val before = System.nanoTime()
    action()
    return (System.nanoTime() - before) / NANOS_A_MILLI
}

private fun decayOfManyPools() {
    val pools = List(POOLS) { MemoryPool.isolated("idle $it") }
    for (pool in pools) List(4) { pool.rent(64.KiB).apply { segment.setByte(0, 1) } }.forEach { it.close() }
    val before = pools.sumOf { it.stats().reserved }
    row("1,000 idle pools for 20 s, from ${before shr 20} MiB", "≤ 0.5 %", "% of a core", percentOfCore())
    check(pools.all { it.stats().reserved == 0L }) { "not everything went back" }
    row("1,000 empty pools for 20 s", "≤ 0.5 %", "% of a core", percentOfCore())
    pools.forEach { it.close() }
}

private fun waitingOfMany() = MemoryPool.isolated("crowded") { limit = 1.MiB }.use { pool ->
    val lease = pool.rentShared(1.MiB)
    val waiters = List(WAITERS) { Thread.startVirtualThread { pool.rentShared(64.KiB, 1.hours).close() } }
    while (pool.stats().waiters < WAITERS) Thread.sleep(PAUSE_MILLIS)
    row("20,000 requests that wait for 20 s", "0", "% of a core", percentOfCore())
    val time = millis {
        lease.close()
        waiters.forEach { it.join() }
    }
    row("until all of them have been served", "–", "ms", time)
}

/** What this process takes of one processor, in percent, while nothing in it is called. */
private fun percentOfCore(): Double {
    val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
    val before = system.processCpuTime
    val start = System.nanoTime()
    Thread.sleep(WATCHED_MILLIS)
    return (system.processCpuTime - before) * 100.0 / (System.nanoTime() - start)
}
