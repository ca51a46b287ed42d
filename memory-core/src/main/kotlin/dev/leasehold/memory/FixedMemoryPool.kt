package dev.leasehold.memory

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.FixedEngine
import dev.leasehold.memory.internal.engine.FixedShape
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.giveUp
import dev.leasehold.memory.internal.pool.ChunkMessages

/**
 * A pool of equal chunks out of one reserved region, from [MemoryPool.fixed].
 *
 * Every chunk lies at a multiple of the alignment, whatever its size. A request takes one chunk, whole, and its view
 * covers as many bytes as were requested. There are no caches between the pool and its callers, so [available] is
 * exact and the newest returned chunk is handed out first; each rent and close costs a compare-and-set that all
 * threads share.
 *
 * **Ownership, threads, zeroing**: as [MemoryPool].
 */
public class FixedMemoryPool internal constructor(
    options: PoolOptions,
    hygiene: HygieneAction,
    engine: Engine,
    private val chunks: FixedEngine,
    private val shape: FixedShape,
) : MemoryPool(options, hygiene, engine) {
    /** How many bytes each chunk has, and the largest lease. */
    public val blockSize: Long get() = shape.blockSize

    /** How many chunks there are. */
    public val capacity: Int get() = shape.count

    /** How many chunks are neither leased nor quarantined. A moment's truth, for diagnosis. */
    public val available: Int get() = chunks.available

    override val defaultSize: Long get() = shape.blockSize

    // The chunks keep their region, and with it every byte that the budget counts.
    internal override val givesIdleBack: Boolean get() = false

    internal override fun checkLimit(value: Long): Unit =
        throw MemoryConfigurationException(ChunkMessages.limitOfChunks(owner, value, shape.regionBytes))

    internal override fun check(request: Request) {
        val size = request.size
        if (size < 0) throw InvalidSizeException(OwnerMessages.negative(owner, size), size)
        if (size > blockSize) throw InvalidSizeException(ChunkMessages.tooLarge(owner, size, blockSize), size)
        val alignment = request.alignment
        if (alignment != Request.NATURAL && shape.stride and (alignment - 1) != 0L) {
            throw InvalidAlignmentException(ChunkMessages.alignment(owner, alignment, shape.stride), alignment)
        }
    }

    internal override fun exhausted(size: Long): MemoryException = MemoryExhaustedException(
        ChunkMessages.none(owner, capacity, chunks.leased, chunks.quarantined) + namedHolders(),
        name,
        size,
    )

    internal override fun timedOut(request: Request): RentTimeoutException = RentTimeoutException(
        ChunkMessages.timedOut(owner, request.nanos, capacity) + namedHolders(),
        name,
        request.size,
    )

    internal companion object {
        internal const val DEFAULT_ALIGNMENT: Long = 64

        /** Makes a pool whose engine is what [around] makes of the usual one. */
        internal fun make(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long,
            options: PoolOptions,
            platform: Platform = Platform.current,
            around: (Engine) -> Engine = { it },
        ): FixedMemoryPool {
            val owner = Owner(OwnerKind.POOL, name)
            options.checkPool(owner)
            positive(name, "block size", blockSize)
            positive(name, "block count", blockCount.toLong())
            val shape = FixedShape.of(blockSize, blockCount, checkAlignment(alignment), platform.pageSize)
                ?: throw InvalidSizeException(ChunkMessages.tooMany(name, blockSize, blockCount), blockSize)
            val bytes = shape.regionBytes
            if (options.limit < bytes) {
                val message = ChunkMessages.limit(name, options.limit, bytes, blockSize, blockCount)
                throw MemoryConfigurationException(message)
            }
            val leaf = BudgetLeaf(name, bytes, options.budget.node)
            val region = mapCharged(owner, bytes, leaf, platform)
            try {
                return make(owner, options, leaf, shape, region, platform, around)
            } catch (failure: Throwable) {
                // The bookkeeping of very many chunks may be more than the heap can hold, or the budget is closed.
                if (platform.giveUp(region, bytes)) {
                    leaf.release(bytes)
                    Events.tell { it.unmapped(owner.name, bytes) }
                }
                throw failure
            }
        }

        private fun make(
            owner: Owner,
            options: PoolOptions,
            leaf: BudgetLeaf,
            shape: FixedShape,
            region: Long,
            platform: Platform,
            around: (Engine) -> Engine,
        ): FixedMemoryPool {
            val hygiene = options.hygiene.action()
            val chunks = FixedEngine(options.configFor(owner, hygiene, platform, leaf), shape, region)
            return FixedMemoryPool(options, hygiene, around(chunks), chunks, shape).also(MemoryPool::join)
        }

        private fun mapCharged(owner: Owner, bytes: Long, leaf: BudgetLeaf, platform: Platform): Long {
            val charged = leaf.insist { if (leaf.tryReserve(bytes)) Unit else null }
            if (charged == null) throw budgetExceeded(owner, bytes, checkNotNull(leaf.refusalAbove))
            val region = platform.map(bytes)
            if (region != 0L) {
                Events.tell { it.mapped(owner.name, bytes) }
                return region
            }
            leaf.release(bytes)
            val message = OwnerMessages.refused(owner, bytes, OwnerMessages.Figures(0, 0, 0), platform.refusal(bytes))
            throw MemoryExhaustedException(message, owner.name, bytes)
        }

        private fun positive(name: String, what: String, value: Long) {
            if (value <= 0) throw InvalidSizeException(ChunkMessages.notPositive(name, what, value), value)
        }
    }
}
