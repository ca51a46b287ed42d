@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.block.WatchedTenure
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.engine.ChunkEngine
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.OwnArena
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/**
 * A pool of equal chunks out of one reserved region, from [MemoryPool.fixed].
 *
 * Every chunk lies at a multiple of the alignment, whatever its size. A request takes one chunk, whole, and its view
 * covers as many bytes as were asked for. There are no caches between the pool and its callers, so [available] is
 * exact and the newest returned chunk is handed out first; each rent and close costs a compare-and-set that all
 * threads share.
 *
 * **Ownership, threads, zeroing**: as [MemoryPool].
 */
public class FixedMemoryPool private constructor(
    private val settings: PoolSettings,
    /** How many bytes each chunk has, and the largest lease. */
    public val blockSize: Long,
    stride: Long,
    /** How many chunks there are. */
    public val capacity: Int,
    private val platform: Platform,
    region: Long,
    @get:JvmSynthetic
    internal override val account: Account,
) : MemoryPool(settings.name, settings.budget) {
    private val hygiene = settings.hygiene.action()
    private val quarantine = quarantineFor(settings, stride, capacity)
    private val engine =
        ChunkEngine(this, name, stride, capacity, hygiene, quarantine * stride, quarantine, platform, region, account)

    init {
        joinBudget()
    }

    /** How many chunks are neither leased nor quarantined. A moment's truth, for diagnosis. */
    public val available: Int get() = capacity - engine.leasedCount - engine.quarantinedCount

    override val limit: Long get() = engine.regionBytes
    override val defaultSize: Long get() = blockSize
    override val isClosed: Boolean get() = engine.closed

    @get:JvmSynthetic
    override val traceSites: Boolean get() = settings.traceSites

    @JvmSynthetic
    override fun rentLease(size: Long): Lease = rentAlignedLease(size, NATURAL, null)

    @JvmSynthetic
    override fun takeAtHand(size: Long): Long {
        check(size, NATURAL)
        return engine.take()
    }

    @JvmSynthetic
    override fun leaseTaken(
        address: Long,
        arena: Arena?,
        size: Long,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner =
        leaseFor(if (address != 0L) address else takeOrNull() ?: throw exhausted(size), arena, size, owner, ownerName)

    @JvmSynthetic
    override fun rentAlignedLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease {
        check(size, alignment)
        return lease(takeOrNull() ?: throw exhausted(size), size, owner)
    }

    @JvmSynthetic
    override fun tryRentLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease? {
        check(size, alignment)
        return takeOrNull()?.let { lease(it, size, owner) }
    }

    @JvmSynthetic
    override fun rentLeaseWithin(size: Long, alignment: Long, nanos: Long, owner: LeaseOwner?): Lease {
        check(size, alignment)
        return lease(takeWithin(size, nanos), size, owner)
    }

    @JvmSynthetic
    override fun rentSharedLease(size: Long, owner: LeaseOwner?): SharedLease =
        rentAlignedSharedLease(size, NATURAL, owner)

    @JvmSynthetic
    override fun rentAlignedSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease {
        check(size, alignment)
        return sharedLease(takeOrNull() ?: throw exhausted(size), size, owner)
    }

    @JvmSynthetic
    override fun tryRentSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease? {
        check(size, alignment)
        return takeOrNull()?.let { sharedLease(it, size, owner) }
    }

    @JvmSynthetic
    override fun rentSharedLeaseWithin(size: Long, alignment: Long, nanos: Long, owner: LeaseOwner?): SharedLease {
        check(size, alignment)
        return sharedLease(takeWithin(size, nanos), size, owner)
    }

    private fun takeOrNull(): Long? {
        val address = engine.take()
        if (address != 0L) return address
        if (engine.closed) throw PoolClosedException(PoolRefusals.closed(name), name)
        return engine.takePressed().takeIf { it != 0L }
    }

    private fun takeWithin(size: Long, nanos: Long): Long {
        takeOrNull()?.let { return it }
        val taken = engine.line.await(
            nanos,
            joined = engine::pressForLine,
            attempt = { engine.takeForWaiter().takeIf { it != 0L }?.let { Taken(it, 0, engine) } },
            giveBack = { engine.giveBack(it.address, 0, size) },
        )
        if (taken != null) return taken.address
        if (engine.closed) throw PoolClosedException(PoolRefusals.closed(name), name)
        throw RentTimeoutException(PoolRefusals.chunkTimeout(name, nanos, capacity), name, size)
    }

    private fun lease(address: Long, size: Long, owner: LeaseOwner?): Lease {
        val arena = if (platform.bindsViews) Arena.ofConfined() else null
        if (owner != null) return leaseFor(address, arena, size, owner, null)
        return bound(address, size, arena) { view, trace ->
            Lease(engine, view, arena, 0, Thread.currentThread(), trace)
        }
    }

    private fun leaseFor(
        address: Long,
        arena: Arena?,
        size: Long,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner = bound(address, size, arena) { view, trace ->
        LeaseWithOwner(engine, view, arena, 0, Thread.currentThread(), trace, owner, ownerName)
    }

    private inline fun <L : Lease> bound(
        address: Long,
        size: Long,
        arena: Arena?,
        make: (MemorySegment, LeaseTrace?) -> L,
    ): L {
        try {
            val view = platform.view(address, size, arena)
            hygiene.began(view)
            val trace = startTrace(size)
            val lease = make(view, trace)
            if (trace != null) LeaseTrace.watch(lease, trace)
            return lease
        } catch (failure: Throwable) {
            // The heap is exhausted, or the like: the chunk must not be lost with it.
            engine.giveBack(address, 0, size)
            throw failure
        }
    }

    private fun sharedLease(address: Long, size: Long, owner: LeaseOwner?): SharedLease {
        val tenure = try {
            engine.tenure(exact = available == 0 || engine.line.length > 0)
        } catch (failure: Throwable) {
            engine.giveBack(address, 0, size)
            throw failure
        }
        try {
            val view = platform.view(address, size, (tenure as? Epoch)?.arena ?: (tenure as? OwnArena)?.arena)
            return sharedLease(tenure, view, owner)
        } catch (failure: Throwable) {
            // Through the tenure: an epoch that waits for this lease would never retire.
            tenure.end(address, 0, size)
            throw failure
        }
    }

    private fun sharedLease(tenure: Tenure, view: MemorySegment, owner: LeaseOwner?): SharedLease {
        hygiene.began(view)
        val trace = startTrace(view.byteSize(), owner)
        val watched = if (owner == null && trace == null) tenure else WatchedTenure(tenure, owner, trace)
        val lease = SharedLease(watched, view, 0)
        if (trace != null) LeaseTrace.watch(lease, trace)
        return lease
    }

    private fun startTrace(size: Long, owner: LeaseOwner? = null) =
        if (settings.traceSites) LeaseTrace.start(name, size, owner) else null

    @JvmSynthetic
    override fun checkSize(size: Long) {
        if (size < 0) throw InvalidSizeException(PoolRefusals.negative(name, size), size)
        if (size > blockSize) throw InvalidSizeException(PoolRefusals.tooLargeForChunk(name, size, blockSize), size)
    }

    private fun check(size: Long, alignment: Long) {
        checkSize(size)
        if (alignment != NATURAL && engine.stride and (alignment - 1) != 0L) {
            throw InvalidAlignmentException(PoolRefusals.alignmentOfChunk(name, alignment, engine.stride), alignment)
        }
    }

    private fun exhausted(size: Long) =
        MemoryExhaustedException(PoolRefusals.noChunk(name, capacity, engine.leasedCount), name, size)

    override fun stats(): PoolStatistics {
        val reserved = if (engine.isMapped) engine.regionBytes else 0
        val used = engine.leasedCount * engine.stride
        val quarantined = engine.quarantinedCount * engine.stride
        return PoolStatistics(
            used = used,
            reserved = reserved,
            idle = maxOf(0, reserved - used - quarantined),
            quarantined = quarantined,
            transferred = account.transferred,
            peak = engine.regionBytes,
            limit = limit,
            waiters = engine.line.length,
            rents = engine.rents,
            hits = 0,
            misses = engine.rents,
        )
    }

    override fun trim(): Long = engine.trim()

    override fun close() {
        if (engine.closed) return
        engine.close()
        val leases = engine.leasedCount.toLong()
        if (leases > 0) {
            val bytes = leases * engine.stride
            throw OutstandingLeasesException(
                PoolRefusals.outstanding(name, leases, bytes, settings.traceSites),
                name,
                leases,
                bytes,
            )
        }
    }

    internal companion object {
        const val DEFAULT_ALIGNMENT: Long = 64

        // A small pool must get a closed chunk back at once; a large one may let an eighth of its chunks wait for an
        // epoch.
        private const val FEWEST_FOR_EPOCHS = 64
        private const val QUARANTINED_PART = 8

        @JvmSynthetic
        fun make(
            blockSize: Long,
            blockCount: Int,
            alignment: Long,
            settings: PoolSettings,
            platform: Platform = Platform.current,
        ): FixedMemoryPool {
            positive(settings.name, "block size", blockSize)
            positive(settings.name, "block count", blockCount.toLong())
            val bytes = regionBytes(settings.name, blockSize, blockCount, checkAlignment(alignment))
            if (settings.limit < bytes) {
                throw PoolConfigurationException(
                    "pool '${settings.name}': the limit of ${settings.limit} bytes is below the $bytes bytes of " +
                        "${counted(blockCount.toLong(), "chunk")} of $blockSize bytes",
                )
            }
            val account = Account(settings.name, bytes, settings.budget.node)
            val region = mapPaid(bytes, account, settings.name, platform)
            try {
                val stride = ChunkEngine.roundUp(blockSize, alignment)
                return FixedMemoryPool(settings, blockSize, stride, blockCount, platform, region, account)
            } catch (failure: Throwable) {
                // The bookkeeping of very many chunks may be more than the heap can hold, or the budget is closed.
                platform.unmap(region, bytes)
                account.release(bytes)
                throw failure
            }
        }

        private fun mapPaid(bytes: Long, account: Account, pool: String, platform: Platform): Long {
            val _ = account.insist { account.tryReserve(bytes).takeIf { it } }
                ?: throw account.refusalAbove?.let { MemoryBudgetRefusals.exceeded(pool, bytes, it) }
                    ?: error("pool '$pool': an account refused what it was made for")
            val region = platform.map(bytes)
            if (region != 0L) return region
            account.release(bytes)
            throw MemoryExhaustedException(
                PoolRefusals.exhausted(pool, bytes, Long.MAX_VALUE, 0, 0),
                pool,
                bytes,
            )
        }

        private fun positive(pool: String, what: String, value: Long) {
            if (value <=
                0
            ) {
                throw InvalidSizeException("pool '$pool': the $what must be positive, and was $value", value)
            }
        }

        private fun regionBytes(pool: String, blockSize: Long, blockCount: Int, alignment: Long): Long = try {
            val bytes = Math.multiplyExact(ChunkEngine.roundUp(blockSize, alignment), blockCount.toLong())
            ChunkEngine.roundUp(bytes, Platform.current.pageSize)
        } catch (_: ArithmeticException) {
            throw InvalidSizeException(
                "pool '$pool': ${counted(blockCount.toLong(), "chunk")} of $blockSize bytes " +
                    "${if (blockCount == 1) "is" else "are"} more than a long can count",
                blockSize,
            )
        }

        private fun quarantineFor(settings: PoolSettings, stride: Long, capacity: Int): Int {
            if (capacity < FEWEST_FOR_EPOCHS) return 0
            // An epoch's notes know a block's place to sixteen bytes.
            if (stride % PackedBlock.GRAIN != 0L) return 0
            val blocks = minOf(
                settings.quarantineBlocks.toLong(),
                settings.quarantineBytes / stride,
                capacity / QUARANTINED_PART.toLong(),
            )
            return blocks.toInt()
        }
    }
}
