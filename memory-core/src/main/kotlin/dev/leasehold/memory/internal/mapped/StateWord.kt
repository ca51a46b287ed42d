package dev.leasehold.memory.internal.mapped

/**
 * The word of one block in the file, which is the whole truth about it.
 *
 * | bits | what |
 * |---|---|
 * | 0..3 | the state: [FREE], [CACHED], [HELD], [LINKED], [UNLINKED] |
 * | 4..7 | how many bytes at the end are not in use, or [IN_TAIL]; of a linked block |
 * | 8..15 | the session that has it cached or held |
 * | 16..31 | how many links lead to it; of an unlinked one, in a file with a journal, since which commit: see [waiting] |
 * | 32..59 | the generation: how often the block was freed |
 *
 * ```
 * FREE --a session takes what its span has--> CACHED --allocate--> HELD --link--> LINKED --unlink--> UNLINKED
 *   ^                                           ^ |                  |                                  |
 *   |                                           | +--<--- free ------+                                  |
 *   +-- the session has died, or gives it up ---+-------------- no session holds it any more -----------+
 * ```
 */
internal object StateWord {
    /** No session has it. */
    const val FREE: Int = 0

    /** The session that owns its span has it at hand. */
    const val CACHED: Int = 1

    /** It is allocated, and dies with its session. */
    const val HELD: Int = 2

    /** Links lead to it, so that it lives until they are gone. */
    const val LINKED: Int = 3

    /** The last link is gone, and a session may still hold it. */
    const val UNLINKED: Int = 4

    /** Stands for a number of unused bytes that lies in the block's last word. */
    const val IN_TAIL: Int = 15

    /** The most unused bytes that the word itself can say. */
    const val MOST_SLACK: Int = 14

    /** The most links. */
    const val MOST_LINKS: Int = 0xffff

    private const val GENERATION_SHIFT = 32
    private const val LINK_SHIFT = 16
    private const val SESSION_SHIFT = 8
    private const val SLACK_SHIFT = 4

    // A word has room for so many numbers of commits; then they begin again.
    private const val EPOCHS: Long = 1L shl 15

    /** How many generations there are; then they begin again. */
    const val GENERATIONS: Long = 1L shl 28

    fun state(word: Long): Int = word.toInt() and 0xf

    fun slack(word: Long): Int = word.part(SLACK_SHIFT, 4).toInt()

    fun session(word: Long): Int = word.part(SESSION_SHIFT, 8).toInt()

    /** How many links lead to the block of [word]. */
    fun links(word: Long): Int = if (state(word) == LINKED) word.part(LINK_SHIFT, 16).toInt() else 0

    fun generation(word: Long): Long = word.part(GENERATION_SHIFT, 28)

    /** Whether [session] has the block of [word] at hand. */
    fun isCachedBy(word: Long, session: Int): Boolean = word.toInt() and 0xffff == (session shl SESSION_SHIFT or CACHED)

    private fun of(generation: Long, state: Int, session: Int = 0, links: Int = 0, slack: Int = 0): Long =
        (generation and GENERATIONS - 1 shl GENERATION_SHIFT) or (links.toLong() shl LINK_SHIFT) or
            (session.toLong() shl SESSION_SHIFT) or (slack.toLong() shl SLACK_SHIFT) or state.toLong()

    /** The generation after [generation]: never 0, which is that of nothing. */
    private fun next(generation: Long): Long = maxOf(1, generation + 1 and GENERATIONS - 1)

    fun cached(generation: Long, session: Int): Long = of(generation, CACHED, session)

    fun free(generation: Long): Long = of(generation, FREE)

    /** What follows on [word], cached, when [session] allocates it. */
    fun held(word: Long, session: Int): Long = of(generation(word), HELD, session)

    /** What follows on [word], held, when it is freed by its own [session]. */
    fun freed(word: Long, session: Int): Long = of(next(generation(word)), CACHED, session)

    /** What follows on [word], when it is freed and belongs to no session. */
    fun given(word: Long): Long = of(next(generation(word)), FREE)

    /** What follows on [word], held or linked, when there are [links], and [slack] says what is not in use. */
    fun linked(word: Long, links: Int, slack: Int): Long =
        if (links > 0) of(generation(word), LINKED, 0, links, slack) else of(generation(word), UNLINKED, 0, 0, slack)

    /** What [word], unlinked, is when its block must stay as it is until the commit [epoch] is made. */
    fun waiting(word: Long, epoch: Long): Long =
        of(generation(word), UNLINKED, 0, (epoch and EPOCHS - 1).toInt() + 1, slack(word))

    /** Whether the block of [word], unlinked, waits for a commit that comes after [committed]. */
    fun isWaiting(word: Long, committed: Long): Boolean {
        val mark = word.part(LINK_SHIFT, 16)
        return mark != 0L && (mark - 1 - committed and EPOCHS - 1) in 1..EPOCHS / 2
    }

    /** What [word], linked, is with another [slack]. */
    fun withSlack(word: Long, slack: Int): Long = of(generation(word), state(word), 0, links(word), slack)

    /** Whether a word can be this one. */
    fun isPossible(word: Long): Boolean = when (state(word)) {
        FREE -> word == of(generation(word), FREE)
        CACHED, HELD -> session(word) > 0 && word == of(generation(word), state(word), session(word))
        LINKED -> links(word) > 0 && word == of(generation(word), LINKED, 0, links(word), slack(word))
        UNLINKED -> word == of(generation(word), UNLINKED, 0, word.part(LINK_SHIFT, 16).toInt(), slack(word))
        else -> false
    }
}
