package dev.leasehold.memory.testing.samples

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.testing.FaultyMemory

internal fun everyRefusalInTurn(work: (MemoryPool) -> Unit, check: (MemoryPool) -> Unit) {
    val faulty = FaultyMemory()
    faulty.pool("orders").use { pool ->
        work(pool) // once without a fault, to see how many calls there are
        for (refused in 1..faulty.calls) {
            faulty.script { refuse(call = refused) }
            try {
                work(pool)
            } catch (_: MemoryExhaustedException) {
                check(pool) // that nothing was lost: pool.stats().used is 0 again
            }
        }
    }
}
