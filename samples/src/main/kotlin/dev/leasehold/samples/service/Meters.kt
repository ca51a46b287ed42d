package dev.leasehold.samples.service

import com.sun.management.OperatingSystemMXBean
import com.sun.management.ThreadMXBean
import java.lang.management.ManagementFactory

/**
 * What the JVM counts of the whole process; the difference of two readings is what happened between them.
 *
 * @property nanos time
 * @property processorNanos time that processors spent, the collector's and the compiler's included
 * @property heapBytes bytes that all threads allocated on the heap, those that have ended included
 * @property collections collections that stopped the program
 */
internal class Meters private constructor(
    val nanos: Long,
    val processorNanos: Long,
    val heapBytes: Long,
    val collections: Long,
) {
    operator fun minus(before: Meters): Meters = Meters(
        nanos - before.nanos,
        processorNanos - before.processorNanos,
        heapBytes - before.heapBytes,
        collections - before.collections,
    )

    companion object {
        private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean
        private val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean

        /** Processor time of [thread] since it began; 0 when it has ended. */
        fun threadNanos(thread: Thread): Long = maxOf(0, threads.getThreadCpuTime(thread.threadId()))

        /** A reading of now. */
        fun read(watch: GcWatch): Meters {
            val nanos = System.nanoTime()
            return Meters(nanos, system.processCpuTime, threads.totalThreadAllocatedBytes, watch.collections())
        }
    }
}
