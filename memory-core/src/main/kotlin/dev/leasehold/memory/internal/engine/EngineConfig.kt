package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform

/**
 * What an engine is made with.
 *
 * @property idleBound how many idle bytes it keeps before it gives memory back by itself
 * @property quarantineBytes how many bytes of closed blocks may wait for their kept views
 * @property quarantineBlocks how many closed blocks may
 */
internal class EngineConfig(
    val owner: Owner,
    val leaf: BudgetLeaf,
    val idleBound: Long,
    val quarantineBytes: Long,
    val quarantineBlocks: Int,
    val hygiene: HygieneAction,
    val platform: Platform = Platform.current,
) {
    /** The state of an engine that is being made. */
    fun newState(): EngineState = EngineState(owner, leaf, platform)
}
