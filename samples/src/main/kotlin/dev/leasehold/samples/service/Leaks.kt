package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.PrintStream

/** What the program promises of its memory, looked at in the end. */
internal class Leaks(private val err: PrintStream) {
    /** Whether everything has come back to [pool]. */
    fun isEmpty(pool: MemoryPool): Boolean {
        val used = pool.stats().used
        if (used != 0L) err.println("Pool '${pool.name}' still has $used bytes leased: they were lost")
        return used == 0L
    }

    /** Whether the peak of [memory] was within its limit. */
    fun isWithinLimit(memory: MemoryFigures): Boolean {
        if (!memory.withinLimit) {
            err.println("The service held ${memory.peak} bytes at its peak, above its limit of ${memory.limit}")
        }
        return memory.withinLimit
    }
}
