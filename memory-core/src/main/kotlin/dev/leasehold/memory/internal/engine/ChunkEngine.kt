package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.OwnArena
import dev.leasehold.memory.internal.platform.Platform
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.LongAdder
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * The machinery of a pool of equal chunks: one region, one stack of free chunks, no caches, so that "available" is
 * exact and the newest returned chunk is the next one out.
 */
internal class ChunkEngine(
    owner: Any,
    poolName: String,
    val stride: Long,
    val count: Int,
    private val hygiene: HygieneAction,
    quarantineBytes: Long,
    quarantineBlocks: Int,
    private val platform: Platform,
    private val region: Long,
    private val account: Account,
) : BlockHome(owner, poolName),
    EpochLedger.Keeper {
    private val free = ChunkStack(count)
    private val leased = AtomicInteger()
    private val quarantined = AtomicInteger()

    // Leases, quarantined chunks and whoever is about to touch the region: it goes back when the pool is closed and
    // nobody is left.
    private val holders = AtomicInteger()
    private val mapped = AtomicInteger(1)
    private val taken = LongAdder()
    private val lineLock = ReentrantLock()

    val line = WaitLine(lineLock)
    private val arenas = Arenas()
    val epochs = EpochLedger(owner, poolName, platform, quarantineBytes, quarantineBlocks, exact = true, this, arenas)
    val regionBytes: Long = roundUp(Math.multiplyExact(stride, count.toLong()), platform.pageSize)

    @Volatile
    var closed = false
        private set

    val leasedCount: Int get() = leased.get()
    val quarantinedCount: Int get() = quarantined.get()
    val rents: Long get() = taken.sum()

    /** Whether the region is still held: until the pool is closed and the last chunk is back. */
    val isMapped: Boolean get() = mapped.get() != 0

    /** Takes a chunk; 0 when none is free, or others wait for one. */
    fun take(): Long = if (line.length > 0) 0 else takeForWaiter()

    /** Takes a chunk for somebody in [line]. */
    fun takeForWaiter(): Long {
        val chunk = if (hold()) free.pop() else return 0
        if (chunk < 0) {
            letGo()
            return 0
        }
        leased.incrementAndGet()
        taken.increment()
        return region + chunk * stride
    }

    override fun giveBack(address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        leased.decrementAndGet()
        push(address)
        letGo()
    }

    // Held first and looked at afterwards: a close that this misses sees the hold, and leaves the region to letGo.
    private fun hold(): Boolean {
        holders.incrementAndGet()
        if (!closed) return true
        letGo()
        return false
    }

    private fun letGo() {
        if (holders.decrementAndGet() == 0) unmapIfDone()
    }

    private fun push(address: Long) {
        free.push(((address - region) / stride).toInt())
        if (line.length > 0) lineLock.withLock { line.serve() }
    }

    override fun note(epoch: Epoch, packed: Long, size: Long) {
        if (hygiene.onClose) hygiene.ended(PackedBlock.address(packed), size)
        quarantined.incrementAndGet()
        leased.decrementAndGet()
        epoch.deposit(Magazine(1).apply { push(packed) })
        if (closed || line.length > 0) epochs.retireNow()
    }

    override fun reportedTwice(packed: Long): Unit = error("the epochs of fixed chunks are exact")

    override fun recycle(note: Magazine) {
        for (index in 0 until note.count) {
            val address = PackedBlock.address(note.rounds[index])
            if (hygiene.onClose) hygiene.ended(address, stride)
            quarantined.decrementAndGet()
            push(address)
            letGo()
        }
        epochs.spare(note)
    }

    override fun recycled(): Unit = Unit

    // Nothing is ever unreported here.
    override fun settle(): Unit = Unit

    /** A tenure for a shared lease of one chunk. [exact] asks for an arena of its own, so that its close frees the chunk at once. */
    fun tenure(exact: Boolean): Tenure =
        if (exact || !epochs.accepts(stride)) OwnArena(platform, this, arenas) else epochs.grant(1, stride).epoch

    /** Takes a chunk after what need not be quarantined has been freed, and while no [trim] has free chunks in its hands. */
    fun takePressed(): Long {
        epochs.retireNow()
        return synchronized(trimming) { take() }
    }

    /** Serves the line for somebody who has just joined [line]: a chunk that was closed before that may be in quarantine. */
    fun pressForLine() {
        epochs.retireNow()
        synchronized(trimming) { lineLock.withLock { line.serve() } }
    }

    private val trimming = Any()

    /** Lets the system take the pages of the free chunks away; answers how many bytes it may. */
    fun trim(): Long {
        epochs.retireNow()
        if (!hold()) return 0
        try {
            return synchronized(trimming) { discardFreeChunks() }
        } finally {
            if (line.length > 0) lineLock.withLock { line.serve() }
            letGo()
        }
    }

    private fun discardFreeChunks(): Long {
        val mine = ArrayList<Int>()
        while (true) mine.add(free.pop().takeIf { it >= 0 } ?: break)
        try {
            return mine.sumOf { discardPagesWithin(region + it * stride) }
        } finally {
            for (chunk in mine.asReversed()) free.push(chunk)
        }
    }

    private fun discardPagesWithin(address: Long): Long {
        val from = roundUp(address, platform.pageSize)
        val to = (address + stride) and -platform.pageSize
        if (to <= from) return 0
        platform.discard(from, to - from)
        return to - from
    }

    /** Closes; the region goes back when the last chunk has. */
    fun close() {
        closed = true
        line.close()
        epochs.retireNow()
        unmapIfDone()
    }

    override fun bytesOf(code: Int): Long = stride

    private fun unmapIfDone() {
        if (!closed || holders.get() != 0 || !mapped.compareAndSet(1, 0)) return
        platform.unmap(region, regionBytes)
        account.release(regionBytes)
    }

    companion object {
        /** [value] rounded up to a multiple of [unit], a power of two. */
        fun roundUp(value: Long, unit: Long): Long = Math.addExact(value, unit - 1) and -unit
    }
}
