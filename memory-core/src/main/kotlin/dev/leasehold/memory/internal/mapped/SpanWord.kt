package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/**
 * The word of one span of the file.
 *
 * | bits | what |
 * |---|---|
 * | 0..3 | the state: [EMPTY], [CLAIMING], [OWNED], [ABANDONED], [RELEASING], [TAIL] |
 * | 4..9 | the code of its blocks: a size class, or that of a large block |
 * | 16..23 | the session |
 * | 32..59 | the generation that its blocks begin with, when the span is taken next |
 *
 * A run of several spans has its words in the first, and the others are its [TAIL]; how long it is says
 * [FileLayout.RUN_LENGTH] in its first page.
 *
 * ```
 * EMPTY -compare-and-set-> CLAIMING(s) -its words are written-> OWNED(s) -s gives it up, or dies-> ABANDONED
 *   ^                          |                                  |  ^                                |
 *   +---- s has died ----------+                                  |  +------ compare-and-set ---------+
 *   +---- its tail is empty -- RELEASING(s) <--- nothing is in it-+
 * ```
 */
internal object SpanWord {
    const val EMPTY: Int = 0

    /** A session writes the words of its blocks. */
    const val CLAIMING: Int = 1

    /** Only its session takes blocks from it. */
    const val OWNED: Int = 2

    /** No session takes blocks from it; there may be such as a dead one had. */
    const val ABANDONED: Int = 3

    /** A session gives a run back, the last span first. */
    const val RELEASING: Int = 4

    /** It belongs to a run that begins before it. */
    const val TAIL: Int = 5

    private const val CODE_SHIFT = 4
    private const val SESSION_SHIFT = 16
    private const val BASE_SHIFT = 32

    fun state(word: Long): Int = word.toInt() and 0xf

    fun code(word: Long): Int = word.part(CODE_SHIFT, 6).toInt()

    fun session(word: Long): Int = word.part(SESSION_SHIFT, 8).toInt()

    fun base(word: Long): Long = word.part(BASE_SHIFT, 28)

    private fun of(state: Int, base: Long, code: Int = 0, session: Int = 0): Long =
        (base and StateWord.GENERATIONS - 1 shl BASE_SHIFT) or (session.toLong() shl SESSION_SHIFT) or
            (code.toLong() shl CODE_SHIFT) or state.toLong()

    fun empty(base: Long): Long = of(EMPTY, base)

    fun claiming(word: Long, session: Int): Long = of(CLAIMING, base(word), 0, session)

    fun owned(word: Long, code: Int, session: Int): Long = of(OWNED, base(word), code, session)

    fun abandoned(word: Long): Long = of(ABANDONED, base(word), code(word))

    /** What follows on [word] where a large block begins that no session has. */
    fun large(word: Long): Long = of(ABANDONED, base(word), BlockKind.LARGE)

    fun releasing(word: Long, base: Long, session: Int): Long = of(RELEASING, base, code(word), session)

    fun tail(word: Long): Long = of(TAIL, base(word))

    /** Whether a word can be this one. */
    fun isPossible(word: Long): Boolean = when (state(word)) {
        EMPTY, TAIL -> word == of(state(word), base(word))
        CLAIMING -> session(word) > 0 && word == of(CLAIMING, base(word), 0, session(word))
        OWNED, RELEASING -> session(word) > 0 && word == of(state(word), base(word), code(word), session(word))
        ABANDONED -> word == of(ABANDONED, base(word), code(word))
        else -> false
    }
}
