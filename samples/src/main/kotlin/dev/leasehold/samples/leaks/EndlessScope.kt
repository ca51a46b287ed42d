package dev.leasehold.samples.leaks

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.diagnostics.HeldMemory
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.dsl.ClosableMemoryScope
import dev.leasehold.memory.dsl.MemoryScope
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.milliseconds

/** Each shift has a scope, which owns its desks. The night shift's is never closed. */
internal class EndlessScope(private val isMended: Boolean) : Leak {
    override val title = "A scope that never ends"

    private val desks = MemoryPool.isolated("desks")
    private val open = ArrayList<ClosableMemoryScope>()

    override fun run(report: Report) = watchingAll {
        val long = LinkedBlockingQueue<HeldMemory>()
        LeakDetection.watchHolds(SHIFT) { if (it.owner == desks.name) long.add(it) }.use {
            for (shift in listOf("morning", "day", "night")) LeakDetection.tagged(shift) { work(shift) }
            if (desks.stats().leases > 0) report.symptom("all shifts are over, and memory is in use:", desks.name)
            val held = long.poll(if (isMended) 1 else PATIENCE, SECONDS)
            if (held != null) report.tool("LeakDetection.watchHolds($SHIFT)", "$held")
            try {
                desks.close()
            } catch (early: OutstandingLeasesException) {
                report.tool("the close of the pool", "${early.message}")
            }
            if (held != null) report.line(held.stack)
        }
        // For what runs next.
        open.forEach(ClosableMemoryScope::close)
    }

    private fun work(shift: String) {
        val scope = MemoryScope.open(desks, shift)
        val desk = scope.rent(desks, 64.KiB) // taken here
        Stamp.on(desk.segment)
        if (shift == "night" && !isMended) open += scope else scope.close()
    }

    private companion object {
        val SHIFT = 200.milliseconds
        const val PATIENCE = 30L
    }
}
