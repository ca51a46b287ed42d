package dev.leasehold.memory.fault

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyVerb
import dev.leasehold.testing.Injection

/** The verbs of pools and managers. */
internal class PoolFaults(seed: Long) : FaultWork(seed) {
    override fun verbs(): List<FaultyVerb> = FaultyVerbs.all()
}

/** The control: a caller that has a lease in hand when something else fails, and lets it go. */
internal class LosingWork(private val seed: Long) : Runnable {
    override fun run() {
        check(seed == 0L)
        val verb = PoolVerb("a lease that nobody closes", { MemoryPool.isolated("loser") }) { pool ->
            val mine = pool.rent(100)
            // It allocates, and so it may fail.
            check(pool.stats().used > 0)
            mine.close()
        }
        val steps = Injection.untilNone(verb, Injection.Kind.ONE_ALLOCATION) { it + 1 }
        error("none of $steps faults was found")
    }
}
