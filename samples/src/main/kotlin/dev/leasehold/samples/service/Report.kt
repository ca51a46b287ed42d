package dev.leasehold.samples.service

import com.sun.management.GarbageCollectionNotificationInfo
import com.sun.management.ThreadMXBean
import java.io.PrintStream
import java.lang.management.ManagementFactory
import java.util.Locale
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit.MILLISECONDS
import java.util.concurrent.atomic.LongAccumulator
import javax.management.NotificationEmitter
import javax.management.openmbean.CompositeData

/** What a run has cost the JVM: time, bytes allocated on the heap, and collections. */
class Costs {
    private val collectors = ManagementFactory.getGarbageCollectorMXBeans()
    private val longest = LongAccumulator(::maxOf, 0)
    private val start = System.nanoTime()
    private val heapBefore = allocated()
    private val collectionsBefore = counted()

    init {
        for (collector in collectors) {
            (collector as? NotificationEmitter)?.addNotificationListener({ notification, _ ->
                val event = GarbageCollectionNotificationInfo.from(notification.userData as CompositeData)
                longest.accumulate(event.gcInfo.duration)
            }, null, null)
        }
    }

    val seconds: Double get() = (System.nanoTime() - start) / 1e9

    val heapBytes: Long get() = allocated() - heapBefore

    val collections: Long get() = counted() - collectionsBefore

    /** Of the collections so far that the JVM has notified us of, which comes a moment later. */
    val longestPauseMillis: Long get() = longest.get()

    private fun allocated() = (ManagementFactory.getThreadMXBean() as ThreadMXBean).totalThreadAllocatedBytes

    private fun counted() = collectors.sumOf { it.collectionCount }
}

/**
 * Runs [work], and shows meanwhile how many of [expected] rows are done: on a terminal in one line that changes in
 * place.
 */
fun <R> showingProgress(expected: Long, rows: () -> Long, out: PrintStream, work: () -> R): R {
    val isTerminal = System.console()?.isTerminal == true
    val start = System.nanoTime()
    fun show(last: Boolean) {
        val seconds = (System.nanoTime() - start) / 1e9
        val percent = if (expected == 0L) 100 else rows() * 100 / expected
        val line = "  %,15d rows  %3d %%  %6.2f s".format(Locale.ROOT, rows(), percent, seconds)
        if (!isTerminal || last) out.println(if (isTerminal) "\r$line" else line) else out.print("\r$line")
        out.flush()
    }

    val done = CountDownLatch(1)
    val shower = Thread.ofPlatform().daemon().start {
        while (!done.await(if (isTerminal) 100 else 2000, MILLISECONDS)) show(last = false)
    }
    try {
        return work()
    } finally {
        done.countDown()
        shower.join()
        show(last = true)
    }
}

/** The table at the end. */
fun report(rows: Long, costs: Costs, memory: ServiceMemory): String = buildString {
    fun line(title: String, value: String, note: String) =
        appendLine("  %-20s %16s   %s".format(Locale.ROOT, title, value, note).trimEnd())

    fun bytes(value: Long) = "%,d B".format(Locale.ROOT, value)

    val waits = memory.connections.stats()
    val pools = memory.pools.map { it.stats() }
    line("rows per second", "%,.0f".format(Locale.ROOT, rows / costs.seconds), "clients included, from a cold start")
    line("heap bytes per row", "%.2f".format(Locale.ROOT, costs.heapBytes.toDouble() / maxOf(rows, 1)), "")
    val pause = if (costs.collections == 0L) "" else "longest pause ${costs.longestPauseMillis} ms"
    line("collections", "${costs.collections}", pause)
    appendLine()
    line("limit", bytes(memory.limit), "--memory: not one byte more is held from the system")
    line("peak", bytes(memory.peak), "the most that was held")
    line("served at once", "%,d".format(Locale.ROOT, memory.served), "connections; more of them wait for memory")
    line("waited", "%,d".format(Locale.ROOT, waits.waits.served), "of them, ${waits.peakWaiters} at the same time")
    line("used", bytes(pools.sumOf { it.used }), "leased now: anything but 0 would be a leak")
    line("quarantined", bytes(pools.sumOf { it.quarantined }), "closed, but kept views are not cut off yet")
    line("idle", bytes(pools.sumOf { it.idle }), "kept for the next rents")
}.trimEnd()
