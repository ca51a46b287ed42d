package dev.leasehold.memory.race

import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.model.PlayedBias
import dev.leasehold.memory.model.TestCount
import dev.leasehold.memory.support.together
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReferenceArray
import kotlin.random.Random

/**
 * An owner that allocates, retains and closes blocks as fast as it can, while strangers retain and close whichever of
 * them they see: mostly ones that the owner is just counting, and often ones that no other thread has counted before.
 *
 * No thread waits for another, so an owner's plain count meets the end of its generation at every possible step. Of
 * each block it is looked at that it is freed once, not while it is held, and never held again.
 */
internal class CountRace(private val bias: PlayedBias, private val slots: Int = 4) {
    private inner class Counted {
        private val count: RefCount
        val biased: Boolean

        @Volatile
        private var freed = false

        init {
            val generation = bias.generationOfNext()
            biased = generation != 0
            count = TestCount(if (biased) bias else null, generation)
        }

        fun tryRetain(): Boolean {
            if (!count.tryReference()) return false
            if (freed) throw AssertionError("a block was retained after it had been freed")
            return true
        }

        fun release() {
            if (freed) throw AssertionError("a block was freed while it was held")
            when (count.releaseReference()) {
                RefCount.LAST -> free()
                RefCount.NONE -> throw AssertionError("a reference was lost: there was none to give back")
            }
        }

        /** Uses the block in a scope, which keeps the memory against any release; false when it has ended. */
        inline fun tryScope(action: () -> Unit): Boolean {
            if (!count.tryEnter()) return false
            if (freed) throw AssertionError("a scope was entered after the block had been freed")
            action()
            if (freed) throw AssertionError("a block was freed while a scope used it")
            when (count.leaveScope()) {
                RefCount.LAST -> free()
                RefCount.NONE -> throw AssertionError("a scope was lost: there was none to leave")
            }
            return true
        }

        /** Keeps all others out for a moment, if no other thread holds it; then it goes on, or with [end] it ends. */
        fun tryAlone(end: Boolean): Boolean {
            if (!count.tryLock(1, scopes = 0)) return false
            if (freed) throw AssertionError("a block was freed while it was held")
            if (!end) {
                count.unlock(1, scopes = 0)
                return true
            }
            freed = true
            ends.incrementAndGet()
            count.end()
            mustBeOver()
            return true
        }

        private fun free() {
            if (freed) throw AssertionError("a block was freed twice")
            freed = true
            ends.incrementAndGet()
            mustBeOver()
        }

        private fun mustBeOver() {
            val left = count.references
            if (!count.isOver || left != 0) throw AssertionError("$left references are left at the end")
            if (count.tryReference()) throw AssertionError("a count that had reached zero came back")
            if (count.tryEnter()) throw AssertionError("a block that had ended was entered")
            if (count.tryLock(1, scopes = 0)) throw AssertionError("a block that had ended was locked")
            if (count.releaseReference() != RefCount.NONE) throw AssertionError("the last reference went twice")
        }
    }

    private val shown = AtomicReferenceArray<Counted?>(slots)
    private val failed = AtomicBoolean()
    private val done = AtomicBoolean()
    private val ends = AtomicLong()

    /** How many blocks the owner made, and how many of them it counted plainly at first. */
    var blocks = 0L
        private set
    var biasedBlocks = 0L
        private set

    /** How often a stranger got hold of a block, and of one that the owner counted plainly at first. */
    val met = AtomicLong()
    val metBiased = AtomicLong()

    /** How often a stranger used one in a scope. */
    val scopes = AtomicLong()

    /** Lets the owner make blocks for [millis] or somewhat longer, and sees to it that all of them end. */
    fun run(millis: Int, strangers: Int) {
        val deadline = System.nanoTime() + millis * 1_000_000L
        together(1 + strangers) { worker ->
            try {
                if (worker == 0) {
                    own(deadline)
                } else {
                    val random = Random(worker)
                    while (!done.get() && !failed.get()) meet(random)
                }
            } catch (failure: Throwable) {
                failed.set(true)
                throw failure
            } finally {
                if (worker == 0) done.set(true)
            }
        }
        if (ends.get() != blocks) throw AssertionError("${ends.get()} of $blocks blocks were freed")
    }

    private fun own(deadline: Long) {
        bias.play()
        while (!failed.get() && (blocks and 63 != 0L || mayGoOn(deadline))) {
            val round = blocks++.toInt()
            // Closed while the strangers still see it.
            shown.get(round % slots)?.let { close(it, round) }
            val block = Counted()
            if (block.biased) biasedBlocks++
            shown.set(round % slots, block)
            count(block, round and 3)
            count(shown.get((round + 1) % slots) ?: block, round and 1)
        }
        for (slot in 0 until slots) if (!failed.get()) shown.get(slot)?.let { close(it, 1) }
    }

    private fun mayGoOn(deadline: Long): Boolean {
        val left = deadline - System.nanoTime()
        return left > 0 || (!hasSeenEnough() && left > -PATIENCE)
    }

    private fun hasSeenEnough() = metBiased.get() >= LEAST_MET && scopes.get() >= LEAST_MET && biasedBlocks >= LEAST_MET

    private fun count(block: Counted, times: Int) {
        repeat(times) { if (!block.tryRetain()) throw AssertionError("a held block was not retained") }
        repeat(times) { block.release() }
        repeat(times) { if (!block.tryScope {}) throw AssertionError("a held block was not entered") }
    }

    // Now and then as a resize does that must be alone with the block: that ends the bias of this one.
    private fun close(block: Counted, round: Int) {
        if (round % WITHIN == 0) {
            if (!block.tryScope { block.release() }) throw AssertionError("a held block was not entered")
            return
        }
        if (round % ALONE == 1) block.tryAlone(end = false)
        if (round % ALONE != 0 || !block.tryAlone(end = true)) block.release()
    }

    private fun meet(random: Random) {
        repeat(random.nextInt(MOST_IDLE)) { Thread.onSpinWait() }
        val block = shown.get(random.nextInt(slots)) ?: return
        if (random.nextInt(4) == 0) {
            if (block.tryScope { repeat(random.nextInt(MOST_IDLE)) { Thread.onSpinWait() } }) scopes.incrementAndGet()
            return
        }
        if (!block.tryRetain()) return
        met.incrementAndGet()
        if (block.biased) metBiased.incrementAndGet()
        if (block.tryRetain()) block.release() else throw AssertionError("a held block was not retained")
        if (random.nextInt(ALONE) == 0) block.tryAlone(end = false)
        block.release()
    }

    private companion object {
        const val ALONE = 17
        const val WITHIN = 5

        /**
         * How many biased blocks, meetings with one, and scopes a run waits for, and how long, in nanoseconds, on a
         * busy machine.
         */
        const val LEAST_MET = 100
        const val PATIENCE = 300_000_000_000
        const val MOST_IDLE = 64
    }
}
