package dev.leasehold.memory.internal.typed

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/*
 * The one word of a small buffer, which a push counts up by one:
 *
 *     63 … 37   36 … 32   31 … 0
 *      round     level     index
 *
 * All three come back from the fetch-and-add that claims an index, so a claim says by itself whether it has a slot: it
 * does when the index is below the capacity of the level. There is no capacity beside the word that could have changed
 * in between.
 */

internal const val LEVEL_SHIFT: Int = 32
internal const val ROUND_SHIFT: Int = 37
private const val LEVEL_MASK = (1 shl (ROUND_SHIFT - LEVEL_SHIFT)) - 1

/** After this round the numbers begin again. Odd, so that rounds go on being even and odd in turn. */
internal const val LAST_ROUND: Long = (1L shl (64 - ROUND_SHIFT)) - 1

/** 0 is the stamp of a slot that was never used, and 1 the round of the word of a closed buffer. */
internal const val FIRST_ROUND: Long = 2

internal fun wordOf(round: Long, level: Int, index: Int): Long =
    (round shl ROUND_SHIFT) or (level.toLong() shl LEVEL_SHIFT) or index.toLong()

internal fun roundOf(word: Long): Long = word ushr ROUND_SHIFT

internal fun levelOf(word: Long): Int = (word ushr LEVEL_SHIFT).toInt() and LEVEL_MASK

/** The index, which is to be compared as a number without a sign: where claims had no slot it may be large. */
internal fun indexOf(word: Long): Int = word.toInt()

/** Which of the two sets of slots is used in a round: 0 or 1. */
internal fun parityOf(word: Long): Int = (word ushr ROUND_SHIFT).toInt() and 1

/** The round that follows [round]. */
internal fun roundAfter(round: Long): Long = if (round == LAST_ROUND) FIRST_ROUND else round + 1

// The word has cache lines of its own: all threads write it, and read what is beside it.

/** Keeps what lies before off the line of [PushWord]'s word. Public only because public classes extend it. */
@Suppress("unused")
public abstract class PaddingBeforeWord internal constructor() {
    private val b0 = 0L
    private val b1 = 0L
    private val b2 = 0L
    private val b3 = 0L
    private val b4 = 0L
    private val b5 = 0L
    private val b6 = 0L
    private val b7 = 0L
}

/** The word. Public only because public classes extend it; the package is not exported. */
public abstract class PushWord internal constructor(firstRound: Long) : PaddingBeforeWord() {
    @Volatile private var word = wordOf(firstRound, 0, 0)

    internal val seenWord: Long get() = word

    /** Claims the next index. Open for a twin that claims one twice. */
    internal open fun claim(): Long = WORD.getAndAdd(this, 1L) as Long

    /** Puts [next] in the place of [seen], if that is there. Open for a twin that does not look. */
    internal open fun replaceWord(seen: Long, next: Long): Boolean = WORD.compareAndSet(this, seen, next)

    internal fun swapWord(next: Long): Long = WORD.getAndSet(this, next) as Long

    private companion object {
        val WORD: VarHandle =
            MethodHandles.lookup().findVarHandle(PushWord::class.java, "word", Long::class.javaPrimitiveType)
    }
}

/** Keeps what lies behind off the line of [PushWord]'s word. Public only because public classes extend it. */
@Suppress("unused")
public abstract class PaddingBehindWord internal constructor(firstRound: Long) : PushWord(firstRound) {
    private val b0 = 0L
    private val b1 = 0L
    private val b2 = 0L
    private val b3 = 0L
    private val b4 = 0L
    private val b5 = 0L
    private val b6 = 0L
    private val b7 = 0L
}
