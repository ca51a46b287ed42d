package dev.leasehold.memory

/**
 * Sets a manager's options from Java, one call each, and makes it with [build]. Kotlin has the constructor of
 * [SystemMemoryManager] with a block.
 *
 * For one thread. Each call but [build] returns this builder.
 */
public class ManagerBuilder internal constructor(private val name: String) {
    private val options = ManagerOptions()

    /** Sets [ManagerOptions.limit], in bytes. */
    @IgnorableReturnValue
    public fun limit(bytes: Long): ManagerBuilder = apply { options.limit = bytes }

    /** Sets [ManagerOptions.idleBound], in bytes. */
    @IgnorableReturnValue
    public fun idleBound(bytes: Long): ManagerBuilder = apply { options.idleBound = bytes }

    /** Sets [ManagerOptions.quarantineBytes] and [ManagerOptions.quarantineBlocks]. */
    @IgnorableReturnValue
    public fun quarantine(bytes: Long, blocks: Int): ManagerBuilder = apply {
        options.quarantineBytes = bytes
        options.quarantineBlocks = blocks
    }

    /** Sets [ManagerOptions.budget]. */
    @IgnorableReturnValue
    public fun budget(budget: MemoryBudget): ManagerBuilder = apply { options.budget = budget }

    /** Sets [ManagerOptions.traceSites]. */
    @IgnorableReturnValue
    public fun traceSites(on: Boolean): ManagerBuilder = apply { options.traceSites = on }

    /** Sets [ManagerOptions.checked]. */
    @IgnorableReturnValue
    public fun checked(on: Boolean): ManagerBuilder = apply { options.checked = on }

    /**
     * Makes the manager. The caller owns it and closes it.
     *
     * @throws ManagerConfigurationException when the name is blank or figures contradict each other
     * @throws BudgetClosedException when its budget is closed
     */
    public fun build(): SystemMemoryManager = SystemMemoryManager(ManagerSettings.of(name, options))
}
