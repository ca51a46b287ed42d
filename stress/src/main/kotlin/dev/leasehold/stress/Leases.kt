package dev.leasehold.stress

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger

private val POOL = MemoryPool.isolated("stress")
private val STATE =
    EngineState(Owner(OwnerKind.POOL, "stress"), BudgetLeaf("stress", Long.MAX_VALUE, null), Platform.current)

/**
 * Where the block of a lease goes. What comes straight back belongs to the next holder at once, who writes to it.
 *
 * It makes kept views in an epoch of its own, which has no arena and is sealed by [seal].
 */
internal class CountingSource : HeldSource(STATE) {
    private val straight = AtomicInteger()
    private val waiting = AtomicInteger()
    private val completed = AtomicInteger()
    private val epoch = Epoch(null, Long.MAX_VALUE, Int.MAX_VALUE) { completed.incrementAndGet() }

    /** How often the block came straight back. */
    val returns: Int get() = straight.get()

    /** How often it went into quarantine. */
    val quarantines: Int get() = waiting.get()

    /** How often the epoch was found complete. */
    val completions: Int get() = completed.get()

    /** Takes no more views into the epoch. */
    fun seal() = epoch.seal()

    override fun giveBack(address: Long, code: Int, size: Long) {
        Platform.current.view(address, size, null).fill(Uses.OTHERS)
        straight.incrementAndGet()
    }

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView {
        check(epoch.tryEnter(size)) { "an epoch without bounds refused a view" }
        return EpochView(Platform.current.view(address, size, null), epoch)
    }

    override fun quarantine(view: EpochView, address: Long, code: Int, size: Long) {
        waiting.incrementAndGet()
        view.quarantine(address, code)
    }

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int = NOT_HERE
}

/** What makes the end of a lease known, and counts how often it is. */
internal class CountingAttachment : Attachment() {
    private val ends = AtomicInteger()

    val count: Int get() = ends.get()

    override fun ended() {
        ends.incrementAndGet()
    }
}

/** The leases of these tests, by names that Java sees. */
internal object Leases {
    /** A shipped lease of [block], which comes back to [source]. */
    @JvmStatic
    @JvmOverloads
    fun of(block: MemorySegment, source: CountingSource, attachment: CountingAttachment? = null): SharedLease =
        SharedLease(POOL, null, 0, source, block.address(), block.byteSize(), 0, attachment)

    /** The same, counted plainly by the owner of [bias]. */
    @JvmStatic
    fun biased(block: MemorySegment, source: CountingSource, bias: Bias): SharedLease =
        SharedLease(POOL, bias, bias.generationOfNext(), source, block.address(), block.byteSize(), 0, null)
}

/** A lease that leaves a step out. All else is what the shipped one does. */
internal abstract class TwinLease(block: MemorySegment, source: CountingSource, attachment: CountingAttachment?) :
    MemoryHolder(null, 0, source, block.address(), block.byteSize(), 0, attachment) {
    override fun close() = dispose()

    override fun describe(): String = "Twin"

    override fun refuseClosed(verb: String): Nothing = throw LeaseClosedException("the twin was $verb", "stress")
}

/** The twin whose count is stored without a look at what other threads have made of it. */
internal class ForgetfulLease(block: MemorySegment, source: CountingSource, attachment: CountingAttachment?) :
    TwinLease(block, source, attachment) {
    constructor(block: MemorySegment, source: CountingSource) : this(block, source, null)

    override fun replace(seen: Long, next: Long): Boolean {
        put(next)
        return true
    }
}

/** The twin that shows the view that it has made, though another thread was faster. */
internal class ManyViewsLease(block: MemorySegment, source: CountingSource) : TwinLease(block, source, null) {
    override fun replaceView(seen: KeptView?, next: KeptView): Boolean {
        val _ = super.replaceView(seen, next)
        return true
    }
}
