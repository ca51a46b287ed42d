package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.rent
import dev.leasehold.memory.testing.FaultyMemory
import dev.leasehold.memory.testing.checkNothingLeaked

/** The guide's snippets on tests. What stands between a region's comments is what docs/guide.md shows. */
internal object Testing {
    fun leak(pool: MemoryPool, load: (MemoryPool) -> Unit) {
        // region check leaks
        checkNothingLeaked {
            load(pool)
        }
        // endregion
    }

    fun refusal(report: (String?) -> Unit) {
        // region refuse a call
        val faulty = FaultyMemory { refuse(call = 3) }
        val pool = faulty.pool("orders") { limit = 1.MiB } // as MemoryPool.isolated
        pool.rent(100).close()
        pool.rent(100).close()
        try {
            pool.rent(100).close()
        } catch (refused: MemoryExhaustedException) {
            report(refused.message)
        }
        // endregion
        pool.close()
    }

    fun everyRefusal(work: (MemoryPool) -> Unit, expect: (Boolean) -> Unit) {
        val faulty = FaultyMemory()
        val pool = faulty.pool("orders")
        // region refuse each call
        work(pool) // once without a fault, to see how many calls it takes
        for (call in 1..faulty.calls) {
            faulty.script { refuse(call) }
            checkNothingLeaked {
                try {
                    work(pool)
                } catch (_: MemoryExhaustedException) {
                    // the refusal may come out, but nothing may stay behind
                }
            }
            expect(faulty.refusals == 1L)
        }
        // endregion
        pool.close()
    }
}
