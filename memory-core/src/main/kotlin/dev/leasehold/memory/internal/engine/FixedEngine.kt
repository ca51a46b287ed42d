package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.Occupancy
import java.util.concurrent.locks.ReentrantLock

/**
 * The engine of equal chunks: one region, one stack of free chunks, and no caches, so that what is available is exact.
 *
 * @param region the memory of the chunks, which the budget pays for already
 */
internal class FixedEngine(config: EngineConfig, private val shape: FixedShape, region: Long) :
    Engine(config.newState()) {
    override val line = WaitLine(ReentrantLock())
    private val cleans = config.hygiene.onClose
    private val chunks = Chunks(state, shape, region, line, config.hygiene)
    private val quarantine = shape.quarantined(config.quarantineBytes, config.quarantineBlocks)
    private val epochs =
        EpochLedger(state.platform, { quarantine * shape.stride }, quarantine, state.arenas, chunks::release)
    override val anyThread: HeldSource = ChunkSource(state, shape, chunks, line, epochs, config.hygiene)

    init {
        state.left.source = anyThread
        state.findLateWrites(anyThread, line)
    }

    /** How many chunks are neither leased nor quarantined. */
    val available: Int get() = chunks.available

    /** How many closed chunks wait in quarantine. */
    val quarantined: Int get() = chunks.quarantined

    /** How many chunks are leased. */
    val leased: Int get() = chunks.inUse

    override fun take(request: Request): Taken? {
        if (line.length > 0) return null
        if (state.left.isAny) state.left.giveBack()
        // What gives it back when the rest of the rent fails goes deeper then.
        if (cleans) StackRoom.require()
        taken(chunks.take())?.let { return it }
        if (state.closed) return null
        epochs.retireNow()
        return taken(chunks.takeAfterTrim())
    }

    @Suppress("NOTHING_TO_INLINE")
    private inline fun taken(address: Long): Taken? =
        if (address == 0L) null else state.orGiveBack(anyThread, address, 0, 0) { Taken(address, 0, anyThread) }

    override fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter =
        Waiter(thread, { taken(chunks.take()) }, wake)

    // A chunk that was closed before the request joined may be in quarantine; one that a trim has is served by it.
    override fun collectForLine() {
        state.left.giveBack()
        epochs.retireNow()
        line.serveNow()
    }

    override fun takePages(count: Int): PageSource? = null

    override fun firstPageOf(id: Long): Long = 0

    override val mostPages: Long get() = 0

    override fun tally(): Tally = Tally().apply {
        state.left.giveBack()
        val inUse = chunks.inUse.toLong()
        addOthers(chunks.taken, inUse, inUse * shape.stride)
        quarantined = chunks.quarantined * shape.stride
    }

    override fun occupancy(mostSlabs: Int): Occupancy =
        Occupancy.ofChunks(shape.stride, shape.count.toLong(), available.toLong())

    // The region stays, and with it every byte that a budget counts.
    override val returns: Long get() = 0

    override fun trim(): Long {
        StackRoom.require()
        state.left.giveBack()
        epochs.retireNow()
        return chunks.trim()
    }

    override fun close(): Tally {
        StackRoom.require()
        state.left.giveBack()
        state.closed = true
        line.close()
        epochs.retireNow()
        chunks.unmapIfDone()
        return tally()
    }

    override fun abandon(): Unit =
        throw UnsupportedOperationException("chunks are leased, and a pool takes no lease back")
}

/** The source of equal chunks. */
private class ChunkSource(
    state: EngineState,
    private val shape: FixedShape,
    private val chunks: Chunks,
    private val line: WaitLine,
    private val epochs: EpochLedger,
    private val hygiene: HygieneAction,
) : HeldSource(state) {
    override val returnsLost: Boolean get() = true

    override fun bytesOf(code: Int): Long = shape.stride

    override fun giveBack(address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        chunks.giveBack(address)
    }

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView {
        val scarce = chunks.available == 0 || line.length > 0
        if (trace != null || scarce) return epochs.ownView(address, size, trace)
        return epochs.view(address, size, shape.stride)
    }

    override fun quarantine(view: EpochView, address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        chunks.countQuarantined()
        view.quarantine(address, code)
        if (state.closed || line.length > 0) epochs.retireNow()
    }

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int =
        if (size <= shape.blockSize) code else NOT_HERE
}
