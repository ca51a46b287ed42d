package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.TraceRules
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
    private val traces: TraceRules = TraceRules(),
) {
    /**
     * How many bytes of closed blocks may wait for their kept views now: never more than an eighth of the limit. What
     * is open keeps closed memory in quarantine, and under a limit that must stay a small part of it.
     */
    fun quarantineBound(): Long = minOf(quarantineBytes, leaf.leastLimit / LIMIT_PARTS)

    /** The state of an engine that is being made. */
    fun newState(): EngineState = EngineState(owner, leaf, platform, traces)

    private companion object {
        const val LIMIT_PARTS = 8
    }
}
