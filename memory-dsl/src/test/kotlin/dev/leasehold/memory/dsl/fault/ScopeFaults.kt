package dev.leasehold.memory.dsl.fault

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyVerb

/** Every scope of [FaultyScopes], on two kinds of pool. */
internal class ScopeFaults(seed: Long) : FaultWork(seed) {
    override fun verbs(): List<FaultyVerb> = shapes.flatMap { (name, verb) ->
        pools.map { (kind, new) -> ScopeVerb("a scope $name from $kind", new, verb) }
    }

    private val pools = listOf<Pair<String, () -> MemoryPool>>(
        "an isolated pool" to { MemoryPool.isolated("faulty") },
        "a pool that traces sites" to { MemoryPool.isolated("faulty") { traceSites = true } },
    )

    private val shapes = listOf<Pair<String, (MemoryPool) -> Unit>>(
        "of one lease" to FaultyScopes::ofOneLease,
        "of one large lease" to FaultyScopes::ofOneLargeLease,
        "of several leases" to FaultyScopes::ofSeveralLeases,
        "of shared leases" to FaultyScopes::ofSharedLeases,
        "of allocations" to FaultyScopes::ofAllocations,
        "with deferred actions" to FaultyScopes::withDeferred,
        "in another" to FaultyScopes::nested,
        "of many leases, some of them closed" to FaultyScopes::ofManyClosed,
        "whose body fails" to FaultyScopes::whoseBodyFails,
        "that is closed by hand" to FaultyScopes::closable,
    )
}

/** A scope, and all that it does; nothing is left for its user to close. */
internal class ScopeVerb(
    name: String,
    private val newPool: () -> MemoryPool,
    private val verb: (MemoryPool) -> Unit,
) : FaultyVerb(name) {
    private lateinit var pool: MemoryPool

    override fun prepare() {
        pool = newPool()
    }

    override fun run(): Unit = verb(pool)

    override fun settle() {
        check(pool.stats().used == 0L) { "something is lost: $pool" }
        pool.rent(100).use { it.segment.setByte(0, 1) }
        FaultyScopes.nested(pool)
        check(pool.stats().used == 0L) { "something is lost afterwards: $pool" }
        pool.close()
    }
}
