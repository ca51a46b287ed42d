package dev.leasehold.memory.internal.mapped

/**
 * Where everything lies in a file: `docs/mapped-format.md` says it for readers in other languages. All offsets are from
 * the start of the file, in bytes.
 *
 * @property maxSpans how many spans the file can have
 * @property maxSessions how many sessions can have the file open at a time
 */
internal class FileLayout(val maxSpans: Long, val maxSessions: Int) {
    /** The redo logs of the sessions, [LANE] bytes each. */
    val lanes: Long = pages(SESSIONS + maxSessions * SESSION_BYTES)

    /** The tables of what sessions hold, [HOLDS] bytes each. */
    val holds: Long = lanes + maxSessions * LANE

    /** The table of named roots. */
    val roots: Long = holds + maxSessions * HOLDS

    /** What words had before they were set first since a commit: [UNDO] bytes for an odd commit, and for an even one. */
    val undo: Long = pages(roots + ROOTS * ROOT_BYTES)

    /** The words of the spans. */
    val spanTable: Long = undo + 2 * UNDO

    /** The first span. */
    val firstSpan: Long = (spanTable + maxSpans * Long.SIZE_BYTES + SPAN - 1) and -SPAN

    /** How many bytes the file can have. */
    val maxBytes: Long get() = spanAt(maxSpans)

    /** Where the session [number], from 1 on, is entered. */
    fun session(number: Int): Long = SESSIONS + (number - 1) * SESSION_BYTES

    /** Where the redo log of the session [number] is. */
    fun lane(number: Int): Long = lanes + (number - 1) * LANE

    /** Where the small redo log [index] of the session [number] is. */
    fun smallLane(number: Int, index: Int): Long = lane(number) + LINK_LANE + index * SMALL_LANE

    /** Where the log of the session [number] is in which it goes on with another journal. */
    fun journalLane(number: Int): Long = smallLane(number, SMALL_LANES)

    /** Where the undo log of the commit [epoch] is. */
    fun undoOf(epoch: Long): Long = undo + (epoch and 1) * UNDO

    /** Where the holds of the session [number] are. */
    fun holdsOf(number: Int): Long = holds + (number - 1) * HOLDS

    /** Where the root [slot] is. */
    fun root(slot: Int): Long = roots + slot * ROOT_BYTES

    /** Where the word of [span] is. */
    fun spanWord(span: Long): Long = spanTable + span * Long.SIZE_BYTES

    /** Where [span] begins. */
    fun spanAt(span: Long): Long = firstSpan + span * SPAN

    /** Which span has the byte at [offset]. */
    fun spanOf(offset: Long): Long = (offset - firstSpan) / SPAN

    private fun pages(bytes: Long) = (bytes + PAGE - 1) and -PAGE

    internal companion object {
        /** What a block's state words and pages lie in, in bytes. */
        const val SPAN: Long = 65536
        const val PAGE: Long = 4096

        // ---- the headers, of which there are two ----

        /** The second header. */
        const val HEADER_B: Long = 4096

        /** `LHMAPPED`, as it lies in the file. */
        const val MAGIC: Long = 0x4445_5050_414D_484CL
        const val MAGIC_AT: Long = 0
        const val VERSION: Long = 1
        const val VERSION_AT: Long = 8
        const val PAGE_AT: Long = 16
        const val MAX_SPANS_AT: Long = 24
        const val MAX_SESSIONS_AT: Long = 32
        const val ID_AT: Long = 40

        /** What the file promises: a [Durability]. */
        const val DURABILITY_AT: Long = 48

        /** How often a header was written; of two that are whole the one with more is right. */
        const val CHANGES_AT: Long = 64

        // The last commit: its number, the span of its journal, and how many bytes of that.
        const val EPOCH_AT: Long = 72
        const val JOURNAL_AT: Long = 80
        const val LENGTH_AT: Long = 88

        /** The checksum of all that is before it in the header. */
        const val CHECKSUM_AT: Long = 4088

        // ---- the words that change ----

        /** How many spans the file has. */
        const val SPANS: Long = 8192

        /** Which start of the system the words are of. */
        const val BOOT_ID: Long = 8192 + 16

        /** Counts the spans that were given up, for those who looked for one in vain. */
        const val GIVEN_UP: Long = 8192 + 32

        /** The largest number of a session that there ever was. */
        const val MOST_SESSION: Long = 8192 + 40

        /** The lock of links and roots. */
        const val LINK_LOCK: Long = 8192 + 64

        /** The lock of the file's size. */
        const val SIZE_LOCK: Long = 8192 + 128

        /** The lock of the journal. */
        const val JOURNAL_LOCK: Long = 8192 + 192

        /** The lock of commits. */
        const val COMMIT_LOCK: Long = 8192 + 256

        /** All locks of the file itself. */
        val LOCKS: LongArray = longArrayOf(LINK_LOCK, SIZE_LOCK, JOURNAL_LOCK, COMMIT_LOCK)

        // The journal, where the file has one: the span that it begins in, and one more; how many bytes it has, and how
        // many of them were checked, and looked through for blocks that can be freed.
        const val JOURNAL: Long = 8192 + 320
        const val TAIL: Long = 8192 + 328
        const val SEALED: Long = 8192 + 336
        const val SWEPT: Long = 8192 + 344

        /** The journal of the last commit, if that is another: the span that it begins in, and one more. */
        const val OLD_JOURNAL: Long = 8192 + 352

        /** The number of the commit that comes next. */
        const val EPOCH: Long = 8192 + 360

        /** The number of the last commit. */
        const val COMMITTED: Long = 8192 + 368

        /** How many bytes of the undo log are in use. */
        const val UNDO_TAIL: Long = 8192 + 376

        /** How many bytes the undo log of a commit has. */
        const val UNDO: Long = 32768

        /** Words for the user. */
        const val USER_WORDS: Long = 8192 + 2048
        const val USER_WORD_COUNT: Int = 256

        // ---- sessions ----

        private const val SESSIONS = 12288L
        private const val SESSION_BYTES = 128L

        /** The most sessions: their number has eight bits in a word. */
        const val MOST_SESSIONS: Int = 254

        // In a session's entry: whether there is one, which one it is of all that had the number, and whose it is.
        const val ACTIVE: Long = 0
        const val INCARNATION: Long = 8
        const val PROCESS: Long = 16
        const val STARTED: Long = 24

        /** Up to where the session has ever used its table of holds. */
        const val MOST_HOLDS: Long = 32

        /**
         * How many bytes of redo logs a session has: one for changes of links, small ones for threads that change a
         * collection, and one more for the journal. In each is a count, and entries of two words from [LANE_FIRST] on.
         */
        const val LANE: Long = 20992
        const val LINK_LANE: Long = 16384
        const val SMALL_LANE: Long = 512
        const val SMALL_LANES: Int = 8
        const val LANE_FIRST: Long = 64

        /** How many bytes of holds a session has, a word each. */
        const val HOLDS: Long = 32768
        const val HOLD_COUNT: Int = (HOLDS / Long.SIZE_BYTES).toInt()

        /** Named roots: a reference, the length of the name in bytes, and the name. */
        const val ROOTS: Int = 1024
        const val ROOT_BYTES: Long = 128
        const val ROOT_LENGTH: Long = 8
        const val ROOT_NAME: Long = 16
        const val ROOT_NAME_BYTES: Int = 112

        // ---- runs ----

        /** Counts the blocks that others than the owner have freed: a hint for it. */
        const val REMOTE: Long = 0

        /** How many spans the run has. */
        const val RUN_LENGTH: Long = 8

        /** Where the words of the blocks begin. */
        const val RUN_HEAD: Long = 64

        // ---- the bytes that sessions lock, beyond all data ----

        /** Locked while the file is being made. */
        const val CREATION_BYTE: Long = 1L shl 40

        /** Locked by the session [number] as long as it lives, or by who recovers it. */
        fun sessionByte(number: Int): Long = CREATION_BYTE + 16 + number
    }

    /** What a file promises where a system ends: `MappedDurability` says it for users. */
    internal object Durability {
        const val PROCESS: Int = 0
        const val COMMIT: Int = 1
        const val NONE: Int = 2
    }
}
