package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.LateWrites
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.TraceRules
import dev.leasehold.memory.internal.block.Traces
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.platform.Platform
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * What all parts of one engine know: whose it is, what it draws on its budget, and whether it has ended. Any thread.
 *
 * @property arenas the shared arenas that kept views of its memory live in
 */
internal class EngineState(
    val owner: Owner,
    val leaf: BudgetLeaf,
    val platform: Platform,
    traceRules: TraceRules = TraceRules(),
) {
    val arenas: Arenas = Arenas(owner)

    /** What is watched of all that has been given out. */
    @JvmField
    val traces: Traces = Traces(owner, traceRules)

    /** What rents that failed had to leave. */
    @JvmField
    val left: LeftBlocks = LeftBlocks()

    /** Whether nothing more is taken. */
    @Volatile
    var closed = false

    /** Whether all memory was taken back, also what was in use. */
    @Volatile
    var cleared = false

    /** Has late writes found in what goes back to [source], while nobody in [line] waits for it. */
    fun findLateWrites(source: BlockSource, line: WaitLine) {
        if (!platform.home.isHostReadable) return
        val around = object : LateWrites.Surroundings {
            override val areWanted: Boolean get() = closed || line.length > 0

            override val areGone: Boolean get() = cleared

            override fun expectFlush() {
                left.isAny = true
            }
        }
        val found = LateWrites(source, around)
        traces.lateWrites = found
        left.lateWrites = found
    }

    private val charges: MutableSet<Attachment> = ConcurrentHashMap.newKeySet()

    // Held while what pays for a block changes, so that it does not while all memory is taken back.
    private val settling = ReentrantLock()

    /**
     * Lets [attachment] have the charge that [prepare] makes room for, in the place of the one that it has; false when
     * all memory was taken back. Soft limits are notified at the end.
     */
    fun transfer(attachment: Attachment, prepare: (before: Charge?) -> Charge): Boolean {
        val charge = settling.withLock {
            if (cleared) return false
            prepare(attachment.charge).also { move(attachment, it) }
        }
        charge.notifySoftLimits()
        return true
    }

    private fun move(attachment: Attachment, charge: Charge) {
        try {
            charges.add(attachment)
        } catch (failure: Throwable) {
            charge.cancel()
            throw failure
        }
        attachment.charge = charge
        charge.move()
    }

    /** Lets the engine's own budget pay for the block of [attachment] again, before its memory goes back. */
    fun settle(attachment: Attachment) {
        // Within one lock: a clear in between would give back what this budget does not pay for yet.
        val charge = settling.withLock { takeCharge(attachment)?.also(Charge::comeBack) } ?: return
        charge.notifySoftLimits()
    }

    private fun takeCharge(attachment: Attachment): Charge? {
        charges.remove(attachment)
        return attachment.charge.also { attachment.charge = null }
    }

    /**
     * [settle] for all that were [transferred][transfer], and then runs [action], with no transfer in between; returns
     * the charges whose soft limits are to be notified.
     */
    fun settleAll(action: () -> Unit): List<Charge> = settling.withLock {
        val settled = charges.toList().mapNotNull(::takeCharge)
        settled.forEach(Charge::comeBack)
        action()
        settled
    }
}
