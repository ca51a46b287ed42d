package dev.leasehold.memory.race

import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.BlockLedger
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.engine.Magazines
import dev.leasehold.memory.internal.engine.Mappings
import dev.leasehold.memory.internal.engine.Reclaim
import dev.leasehold.memory.internal.engine.Shortage
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.store.SlabStore

// Each is made in the place of the class that it extends, by the same constructor.

/** The twin whose revoker does not wait until the owner has left its busy region. */
internal class UnguardedCache(supply: Supply, ownerId: Long, bias: Bias, ledger: BlockLedger?) :
    ThreadCache(supply, ownerId, bias, ledger) {
    override fun awaitIdle() = Unit
}

/** The twin that does not wait for blocks on their way between a cache and the depot. */
internal class HandlessRegistry(fence: () -> Unit, adopt: (ThreadCache) -> Unit, adopted: () -> Unit) :
    CacheRegistry(fence, adopt, adopted) {
    override fun awaitHands() = Unit
}

/** The twin that looks for nothing when a request has joined the line. */
internal class IdleReclaim(
    shortage: Shortage,
    registry: CacheRegistry,
    store: SlabStore,
    line: WaitLine,
    epochs: EpochLedger,
    magazines: Magazines,
    mappings: Mappings,
) : Reclaim(shortage, registry, store, line, epochs, magazines, mappings) {
    override fun beforeLine() = Unit
}
