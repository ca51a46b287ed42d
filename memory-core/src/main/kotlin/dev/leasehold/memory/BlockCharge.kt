package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.Settleable
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.engine.SlabEngine
import kotlin.concurrent.withLock

/** The home of a block that another budget pays for: its manager pays again, and then the block goes back to [inner]. */
internal class BlockCharge private constructor(
    private val engine: SlabEngine,
    private val inner: BlockHome,
    override val charge: Charge,
) : BlockHome(inner.owner, inner.poolName),
    Settleable {
    override val wantsOwnArena: Boolean get() = inner.wantsOwnArena

    /** Who watches the block, if anybody does. */
    val watch: BlockWatch? get() = inner as? BlockWatch

    // By the last close, or by who takes all back: whoever comes first.
    override fun settle() = engine.settling.withLock { if (engine.charges.remove(this)) charge.comeBack() }

    override fun tell() = charge.tell()

    override fun giveBack(address: Long, code: Int, size: Long) {
        try {
            settle()
            tell()
        } finally {
            inner.giveBack(address, code, size)
        }
    }

    override fun bytesOf(code: Int): Long = inner.bytesOf(code)

    override fun describe(address: Long, size: Long): String = inner.describe(address, size)

    override fun tryKeep(code: Int, size: Long): Boolean = inner.tryKeep(code, size)

    companion object {
        /**
         * Moves what pays for a block of [size] bytes, of the kind [code] and at [home], to [budget]; null, and nothing has
         * changed, when all memory has been taken back. Soft limits are not told yet.
         */
        fun move(engine: SlabEngine, home: BlockHome, code: Int, size: Long, budget: MemoryBudget): BlockCharge? =
            engine.settling.withLock { if (engine.cleared) null else moveLocked(engine, home, code, size, budget) }

        private fun moveLocked(
            engine: SlabEngine,
            home: BlockHome,
            code: Int,
            size: Long,
            budget: MemoryBudget,
        ): BlockCharge {
            val before = (home as? BlockCharge)?.charge
            val manager = engine.owner as MemoryManager
            val inner = if (home is BlockCharge) home.inner else home
            val charge = BudgetTransfers.prepare(
                "a block of $size bytes from manager '${manager.name}'",
                manager.name,
                engine.account,
                before,
                home.bytesOf(code),
                size,
                budget,
            )
            try {
                val moved = BlockCharge(engine, inner, charge)
                check(engine.charges.add(moved))
                if (home is BlockCharge) check(engine.charges.remove(home))
                charge.move()
                return moved
            } catch (failure: Throwable) {
                charge.cancel()
                throw failure
            }
        }
    }
}
