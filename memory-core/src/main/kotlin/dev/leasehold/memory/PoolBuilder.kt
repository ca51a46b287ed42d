package dev.leasehold.memory

/**
 * Sets a pool's options from Java, one call each, and makes it with [build]. Kotlin has [MemoryPool.isolated] with a
 * block.
 *
 * For one thread. Each call but [build] returns this builder.
 */
public class PoolBuilder internal constructor(private val name: String) {
    private val options = PoolOptions()

    /** Sets [PoolOptions.limit], in bytes. */
    @IgnorableReturnValue
    public fun limit(bytes: Long): PoolBuilder = apply { options.limit = bytes }

    /** Sets [PoolOptions.budget]. */
    @IgnorableReturnValue
    public fun budget(budget: MemoryBudget): PoolBuilder = apply { options.budget = budget }

    /** Sets [PoolOptions.idleBound], in bytes. */
    @IgnorableReturnValue
    public fun idleBound(bytes: Long): PoolBuilder = apply { options.idleBound = bytes }

    /** Sets [PoolOptions.hygiene]. */
    @IgnorableReturnValue
    public fun hygiene(hygiene: Hygiene): PoolBuilder = apply { options.hygiene = hygiene }

    /** Sets [PoolOptions.quarantineBytes] and [PoolOptions.quarantineBlocks]. */
    @IgnorableReturnValue
    public fun quarantine(bytes: Long, blocks: Int): PoolBuilder = apply {
        options.quarantineBytes = bytes
        options.quarantineBlocks = blocks
    }

    /** Sets [PoolOptions.defaultSize], in bytes. */
    @IgnorableReturnValue
    public fun defaultSize(bytes: Long): PoolBuilder = apply { options.defaultSize = bytes }

    /** Sets [PoolOptions.traceSites]. */
    @IgnorableReturnValue
    public fun traceSites(on: Boolean): PoolBuilder = apply { options.traceSites = on }

    /**
     * Makes a pool of blocks of any size. The caller owns it and closes it.
     *
     * @throws PoolConfigurationException when figures contradict each other; the message names them
     * @throws BudgetClosedException when its budget is closed
     */
    public fun build(): MemoryPool = SlabPool(PoolSettings.of(name, options))

    /**
     * Makes a pool of [blockCount] chunks of [blockSize] bytes, each at a multiple of [alignment]. The caller owns it
     * and closes it.
     *
     * @throws PoolConfigurationException when figures contradict each other; the message names them
     * @throws BudgetClosedException when its budget is closed
     * @throws InvalidSizeException when [blockSize] or [blockCount] is not positive, or their product overflows
     * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
     * @throws BudgetExceededException when a budget refuses the region
     * @throws MemoryExhaustedException when the system refuses the region
     */
    @JvmOverloads
    public fun buildFixed(
        blockSize: Long,
        blockCount: Int,
        alignment: Long = FixedMemoryPool.DEFAULT_ALIGNMENT,
    ): FixedMemoryPool = FixedMemoryPool.make(blockSize, blockCount, alignment, PoolSettings.of(name, options))
}
