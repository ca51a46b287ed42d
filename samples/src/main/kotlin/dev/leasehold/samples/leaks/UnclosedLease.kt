package dev.leasehold.samples.leaks

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.rent

/** A clerk stamps letters, each in a lease. One letter in four has no address, and its lease is forgotten. */
internal class UnclosedLease(private val isMended: Boolean) : Leak {
    override val title = "A lease that is never closed"

    private val letters = MemoryPool.isolated("letters")

    override fun run(report: Report) {
        repeat(LETTERS, ::stamp)
        if (letters.stats().leases > 0) {
            report.symptom("all letters are done with, and memory is in use:", letters.name)
            // A program with more to do than this one collects by itself.
            var left = MOST_COLLECTIONS
            while (left-- > 0 && LeakDetection.dump().of(letters.name).isNotEmpty()) {
                System.gc()
                Thread.sleep(PAUSE)
            }
        }
        report.log()
        try {
            letters.close()
        } catch (early: OutstandingLeasesException) {
            report.tool("the close of the pool", "${early.message}")
        }
        for (leak in LeakDetection.leaks().filter { it.owner == letters.name }) {
            report.tool("LeakDetection.leaks(), where one in ${LeakDetection.sampleEvery} is watched", "$leak")
            report.line(leak.stack)
        }
    }

    private fun stamp(number: Int) {
        val letter = letters.rent(1.KiB) // taken here
        letter.segment.fill(number.toByte())
        if (number % 4 == 0) { // no address
            if (isMended) letter.close()
            return
        }
        Stamp.on(letter.segment)
        letter.close()
    }

    private companion object {
        const val LETTERS = 100_000
        const val PAUSE = 20L
        const val MOST_COLLECTIONS = 500
    }
}
