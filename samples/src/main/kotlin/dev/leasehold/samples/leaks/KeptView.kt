package dev.leasehold.samples.leaks

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.rentShared

/**
 * News go to readers as kept views, and are closed when all have read them. One reader keeps some: little memory, but
 * what was kept with it is cut off with it, and so waits in quarantine.
 */
internal class KeptView(private val isMended: Boolean) : Leak {
    override val title = "A view that keeps closed memory in quarantine"

    private val news = MemoryPool.isolated("news")
    private val unread = ArrayList<SharedLease>()

    override fun run(report: Report) {
        repeat(NEWS, ::publish)
        // All that was closed leaves quarantine, unless something is in its way.
        val _ = news.trim()
        if (news.stats().quarantined > 0) report.symptom("much in quarantine, also after a trim:", news.name)
        // What holds it was not watched. What will hold the next is.
        watchingAll {
            repeat(NEWS / 10, ::publish)
            for (group in LeakDetection.dump().groups.filter { it.owner == news.name }) {
                report.tool("LeakDetection.dump(), with sampleEvery = 1 for a while", "$group")
                report.line(group.oldest.stack)
            }
        }
        // For what runs next.
        unread.forEach(SharedLease::close)
        news.close()
    }

    private fun publish(number: Int) {
        val item = news.rentShared(1.KiB) // taken here
        val view = item.keptSegment
        view.fill(number.toByte())
        Stamp.on(view)
        if (number % 1000 == 0 && !isMended) unread += item else item.close()
    }

    private companion object {
        const val NEWS = 20_000
    }
}
