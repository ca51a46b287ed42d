package dev.leasehold.memory

/** What pools and managers make of the bounds of quarantine that were asked for. */
internal object PoolBounds {
    private const val LIMIT_PARTS = 8
    private const val MOST_BLOCKS = 16_384

    /** What stays open keeps a batch of closed ones in quarantine: under a [limit] that must stay a small part of it. */
    fun quarantineBytes(asked: Long, limit: Long, budget: MemoryBudget): Long =
        minOf(asked, minOf(limit, budget.node.leastLimit) / LIMIT_PARTS)

    fun quarantineBlocks(asked: Int): Int = minOf(asked, MOST_BLOCKS)
}
