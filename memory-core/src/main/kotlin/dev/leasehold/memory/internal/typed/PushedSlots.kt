package dev.leasehold.memory.internal.typed

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/*
 * Many threads push, one drains. What the kinds of small buffer share: who has which slot, when it grows, and whose
 * turn it is to drain. Where the elements lie is the subclasses' affair.
 *
 * There are two sets of slots, one for even rounds and one for odd. Each has a first chunk from the beginning, and
 * chunks of the same size, twice that, four times and so on as it grows; with `level` of these it has
 * `first shl level` slots.
 *
 *   push    one fetch-and-add claims an index of the round. Below the capacity the slot is the pusher's: it puts the
 *           element there. A word or a reference shows by itself that it has come, because its slot was empty; behind
 *           an element of more bytes comes the round's number, as a stamp. Otherwise the claim is void. The pusher
 *           makes the next chunk and puts it into the table; then it replaces the word by one with the next level and,
 *           as index, the first of the new slots. With that all void claims are forgotten. It claims again, and so do
 *           the others that had none.
 *   drain   replaces the word by the next round's, with index 0. From here on pushers use the other set, which the
 *           drain before has emptied. The old word's index, or the capacity if that is less, is the exact number of
 *           slots that were claimed; each is waited for, because its pusher may not have filled it yet.
 *
 * So a chunk is there before a slot of it can be claimed, and a chunk that cannot be had costs nobody anything: its
 * pusher throws, its claim was void already, and no slot waits for an element that will not come.
 *
 * A push is wait-free but for growth, and growth is lock-free but for the allocation: a replacement that fails has
 * met another pusher's or the drain's. The drain waits for pushers that are between claim and element, a few
 * instructions; it spins for a while, and then pauses.
 *
 * A set is drained before it is used again, two rounds later: its slots are empty, or have that round's stamp, which is
 * never taken for a later one: before the 27 bits of the round's number begin again, all stamps are cleared once.
 *
 * What was tried: a second atomic counter, of published elements, costs as much again as the first; stamps beside words
 * cost a second store and twice the lines; with one set in place of two the drain has to exclude the pushers.
 */

/**
 * See above. Public only because public classes extend it; the package is not exported.
 *
 * @param mostShift a set never has more slots than two to the power of this
 */
public abstract class PushedSlots internal constructor(inlineCapacity: Int, firstRound: Long, mostShift: Int) :
    PaddingBehindWord(firstRound) {
    /** How many slots the first chunk of each set has: a power of two. */
    @JvmField internal val first: Int = Integer.highestOneBit(2 * inlineCapacity - 1)

    @JvmField internal val firstShift: Int = Integer.numberOfTrailingZeros(first)

    /** For the thread whose turn it is. */
    internal val cursor: DrainCursor = DrainCursor(first)

    // Through TURN only.
    private var turn = FREE

    // For the thread whose turn it is.
    private var shrinksAfter = false

    // ---- what a subclass does ----

    /** Whether the set [parity] has its chunk number [level], from 1 on. */
    internal abstract fun hasChunk(parity: Int, level: Int): Boolean

    /** Makes chunk [level] of [parity] of [slots] slots, all empty, unless there is one by then. May throw. */
    internal abstract fun addChunk(parity: Int, level: Int, slots: Int)

    /** Gives chunk [level] of [parity] up, if there is one. */
    internal abstract fun dropChunk(parity: Int, level: Int)

    /** Clears all stamps of the set [parity], if it has stamps. */
    internal abstract fun clearStamps(parity: Int)

    /**
     * Turns a drain to the slots from [from] up to [until] of the chunk at [place], and returns when their pushers of
     * the [round] have left them.
     */
    internal abstract fun enterPart(place: Int, from: Int, until: Int, round: Long)

    /** Forgets the part that was entered last, if any. */
    internal abstract fun leavePart()

    /** Throws that it has been closed and was [verb]. */
    internal abstract fun refuseClosed(verb: String): Nothing

    /** Throws that another thread drains it while it was to be [verb]. */
    internal abstract fun refuseTurn(verb: String): Nothing

    /** Throws that it holds as many as it ever can. */
    internal abstract fun refuseFull(): Nothing

    private val mostLevel = mostShift - firstShift

    /** How many places a table of the chunks of both sets has. */
    internal val places: Int get() = 2 * (mostLevel + 1)

    /** How many slots a set has at [level]. */
    internal fun capacityAt(level: Int): Int = first shl level

    // ---- growing ----

    /** Makes room, so that the claim after [at], which is void, may have a slot; or throws, and all is as it was. */
    internal fun grow(at: Long) {
        val round = roundOf(at)
        val level = levelOf(at)
        try {
            if (round == CLOSED_ROUND) refuseClosed("pushed to")
            if (level == mostLevel) refuseFull()
            val next = level + 1
            if (!hasChunk(parityOf(at), next)) addChunk(parityOf(at), next, startOf(next, first))
            raise(round, level, next)
        } catch (failure: Throwable) {
            forgetVoidClaims(round, level)
            throw failure
        }
    }

    private fun raise(round: Long, level: Int, next: Int) {
        while (true) {
            val seen = seenWord
            // Another has raised it, or a drain has ended the round: claim again.
            if (roundOf(seen) != round || levelOf(seen) != level) return
            if (replaceWord(seen, wordOf(round, next, capacityAt(level)))) return
        }
    }

    // Pushers that are refused count the index up and up, and it must not run into the level.
    private fun forgetVoidClaims(round: Long, level: Int) {
        val seen = seenWord
        if (roundOf(seen) != round || levelOf(seen) != level) return
        val bound = if (round == CLOSED_ROUND) indexOf(CLOSED_WORD) else capacityAt(level)
        if (indexOf(seen) - bound < MOST_VOID) return
        // Where this fails another has done it, or counted on: then the next tries.
        val _ = replaceWord(seen, wordOf(round, level, bound))
    }

    // ---- size ----

    /** How many slots have been claimed in the round of [word]. */
    internal fun claimedIn(word: Long): Int {
        val capacity = capacityAt(levelOf(word))
        return if (Integer.compareUnsigned(indexOf(word), capacity) < 0) indexOf(word) else capacity
    }

    internal val isShut: Boolean get() = roundOf(seenWord) == CLOSED_ROUND

    internal val claimed: Int get() = if (isShut) 0 else claimedIn(seenWord)

    internal val roomNow: Int get() = if (isShut) 0 else capacityAt(levelOf(seenWord))

    // ---- turns, and the two things that need one ----

    /** Lets the caller alone drain until [endTurn]. [verb] is for the refusal. */
    internal fun beginTurn(verb: String) {
        if (!takeTurn()) if (isShut) refuseClosed(verb) else refuseTurn(verb)
        if (!isShut) return
        endTurn()
        refuseClosed(verb)
    }

    /** Open for a twin that lets two drain at once. */
    internal open fun takeTurn(): Boolean = TURN.compareAndSet(this, FREE, TAKEN)

    internal open fun endTurn(): Unit = TURN.setRelease(this, FREE)

    /** Ends the round: pushers turn to the other set. Returns the last word of the round. For whose turn it is. */
    internal fun flip(): Long {
        while (true) {
            val seen = seenWord
            if (roundOf(seen) == CLOSED_ROUND) refuseClosed("drained")
            if (replaceWord(seen, nextWord(seen))) return seen
        }
    }

    /** The first word of the round after that of [word], the set of which is ready for it. */
    private fun nextWord(word: Long): Long {
        val round = roundOf(word)
        val next = roundAfter(round)
        val parity = (next and 1).toInt()
        // The first round of this set since the numbers began, or began again.
        if (next <= FIRST_ROUND + 1) clearStamps(parity)
        var level = 0
        while (level < mostLevel && hasChunk(parity, level + 1)) level++
        return wordOf(next, level, 0)
    }

    /** Begins a drain, with which the thread has the turn. */
    internal fun beginDrain() {
        beginTurn("drained")
        try {
            val word = flip()
            cursor.begin(word, claimedIn(word))
        } catch (failure: Throwable) {
            endTurn()
            throw failure
        }
    }

    /** Turns to the next part of the drain, which has all been pushed when this returns; false when there is none. */
    internal fun nextPart(): Boolean {
        leavePart()
        if (!cursor.advance()) return false
        enterPart(cursor.chunk, cursor.from, cursor.until, roundOf(cursor.word))
        return true
    }

    /** Drops what has not been drained, and ends the turn. */
    internal fun endDrain() {
        try {
            // Pushers must have left every slot before it is used again.
            while (nextPart()) continue
            if (shrinksAfter) dropChunks(parityOf(cursor.word))
            shrinksAfter = false
        } finally {
            endTurn()
        }
    }

    /**
     * Gives all chunks up but the first two: what lies in the set that is in use is given up when it is drained, unless
     * it is empty now.
     */
    internal fun shrinkNow() {
        beginTurn("shrunk")
        try {
            val seen = seenWord
            dropChunks(1 - parityOf(seen))
            if (indexOf(seen) == 0 && replaceWord(seen, nextWord(seen))) {
                dropChunks(parityOf(seen))
            } else {
                shrinksAfter = true
            }
        } finally {
            endTurn()
        }
    }

    private fun dropChunks(parity: Int) {
        for (level in 1..mostLevel) dropChunk(parity, level)
    }

    internal companion object {
        private const val FREE = 0
        private const val TAKEN = 1

        /** No buffer has more slots than two to the power of this. */
        internal const val MOST_SHIFT: Int = 30

        /** The most slots that the first chunk of a set can have. */
        internal const val MOST_INLINE: Int = 1 shl 20

        private const val MOST_VOID = 1 shl 20

        /** What the word of a closed buffer has for its round. */
        internal const val CLOSED_ROUND: Long = 1

        /** The word of a closed buffer. Every claim of it is void. */
        internal const val CLOSED_WORD: Long = (CLOSED_ROUND shl ROUND_SHIFT) or (1L shl MOST_SHIFT)

        private val TURN: VarHandle =
            MethodHandles.lookup().findVarHandle(PushedSlots::class.java, "turn", Int::class.javaPrimitiveType)
    }
}
