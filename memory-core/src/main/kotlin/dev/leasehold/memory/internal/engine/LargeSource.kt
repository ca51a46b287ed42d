package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.LargeBlocks
import dev.leasehold.memory.internal.store.SlabStore

/** The source of one block with a mapping of its own, which the system can make longer. */
internal class LargeSource(
    state: EngineState,
    private val store: SlabStore,
    private val mappings: Mappings,
    private val epochs: EpochLedger,
    private val counts: UncachedCounts,
    private val hygiene: HygieneAction,
    region: LargeBlocks.Region,
) : HeldSource(state) {
    /** Where the block lies. Changed by the one holder that resizes it. */
    var region: LargeBlocks.Region = region
        private set

    private var kept: Taken? = null

    /** The block on its way to its next holder: the same object as long as it lies where it does. */
    fun taken(): Taken {
        val before = kept
        if (before != null && before.address == region.address) return before
        return Taken(region.address, BlockKind.LARGE, this).also { kept = it }
    }

    override val cutsViews: Boolean get() = true

    override val returnsLost: Boolean get() = true

    override val moves: Boolean get() = state.platform.remaps

    override val zeroFrom: Long get() = region.bytes

    override fun bytesOf(code: Int): Long = region.bytes

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
        epochs.ownView(address, size, trace)

    override fun returnsTail(code: Int, size: Long): Boolean = state.platform.remaps

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
        // What the system does not take back the block keeps.
        if (size <= region.bytes && !alone) return code
        return if (remap(size, mayMove = false) || size <= region.bytes) code else NOT_HERE
    }

    override fun move(size: Long): Long = if (remap(size, mayMove = true)) region.address else 0

    private fun remap(size: Long, mayMove: Boolean): Boolean {
        StackRoom.require()
        val resized = state.leaf.insist { store.resizeLarge(region, size, mayMove) } ?: return false
        counts.count(0, resized.bytes - region.bytes)
        region = resized
        return true
    }

    override fun giveBack(address: Long, code: Int, size: Long) {
        StackRoom.require()
        if (hygiene.onClose) hygiene.ended(address, size)
        mappings.giveBack(this)
    }
}
