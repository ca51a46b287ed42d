package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.store.LargeBlocks
import dev.leasehold.memory.internal.store.Region
import dev.leasehold.memory.internal.store.SlabStore

/** Where a block with a mapping of its own goes, and how it grows. */
internal class LargeHome(
    private val engine: SlabEngine,
    private val store: SlabStore,
    private var region: LargeBlocks.Region,
) : BlockHome(engine.owner, engine.poolName) {
    /** Where the mapping begins. */
    val address: Long get() = region.address

    /** How many bytes it has. */
    val capacity: Long get() = region.bytes

    /**
     * Makes the mapping as long as [size] bytes need; with [mayMove] its address may change.
     *
     * @return false when neither the limit nor the system allows it; then nothing has changed
     */
    @IgnorableReturnValue
    fun resize(size: Long, mayMove: Boolean): Boolean {
        val resized = engine.account.insist { store.resizeLarge(region, size, mayMove) } ?: return false
        engine.counts.count(0, resized.bytes - region.bytes)
        region = resized
        return true
    }

    override fun bytesOf(code: Int): Long = region.bytes

    override fun giveBack(address: Long, code: Int, size: Long) {
        val hygiene = engine.hygiene
        if (hygiene.onClose) hygiene.ended(address, size)
        engine.counts.count(-1, -region.bytes)
        engine.takeBack { store.giveBackLarge(region) }
        engine.pressure.relieve()
    }
}
