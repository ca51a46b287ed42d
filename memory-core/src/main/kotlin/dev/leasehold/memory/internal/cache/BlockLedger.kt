package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.BlockSource

/** What has to know of each block that a thread's cache gives out and takes back: where it is not the cache alone. */
internal abstract class BlockLedger {
    /** The block of the size class [classIndex] at [address] has been taken out of the calling thread's cache. */
    abstract fun taken(address: Long, classIndex: Int)

    /** Where the owner of [cache] gives back its own blocks. */
    abstract fun sourceFor(cache: ThreadCache): BlockSource
}
