package dev.leasehold.memory.internal.mapped

/**
 * How a lock lies in its file: a word for the one thread that has it exclusively, a word for each session with how many
 * of its threads share it, and words at which threads wait.
 */
internal object LockLayout {
    /** `LHMAPLCK`, as it lies in the file. */
    const val KIND: Long = 0x4B43_4C50_414D_484CL
    const val VERSION: Long = 1

    /** The word of the exclusive lock. */
    const val WORD_AT: Long = 64

    /** The largest number of a session that has ever shared it. */
    const val MOST_READER_AT: Long = 72

    // Where threads wait: for the exclusive lock, to share it, and, having claimed it, until no one shares it any more.
    const val EXCLUSIVE_EVENT_AT: Long = 80
    const val SHARED_EVENT_AT: Long = 88
    const val DRAINED_EVENT_AT: Long = 96

    // Where threads wait for signals.
    private const val CONDITIONS_AT = 128L
    const val CONDITIONS: Int = 8

    fun conditionAt(index: Int): Long = CONDITIONS_AT + index * Long.SIZE_BYTES

    // A line of the processor's cache each, so that readers of different processes do not disturb each other.
    private const val READERS_AT = 192L
    private const val READER_BYTES = 64L

    /** Where the word of the session [number] is, from 1 on. */
    fun readerAt(number: Int): Long = READERS_AT + (number - 1) * READER_BYTES

    fun bytes(maxSessions: Int): Long = READERS_AT + maxSessions * READER_BYTES

    // ---- the word of the exclusive lock: the token of a session, or 0; and a flag ----

    /** A session died while it had the lock, and no one has said since that all is in order. */
    const val ABANDONED: Long = 1L shl 8

    fun isTaken(word: Long): Boolean = word and ABANDONED.inv() != 0L

    /** The token of the session that has it. */
    fun tokenIn(word: Long): Long = word and ABANDONED.inv()

    // ---- the word of a session: 40 bits which one it is of all that had the number, and 24 how many threads ----
    private const val COUNT_BITS = 24
    const val MOST_SHARES: Int = (1 shl COUNT_BITS) - 1

    fun reader(incarnation: Long): Long = incarnation shl COUNT_BITS

    fun count(reader: Long): Int = reader.part(0, COUNT_BITS).toInt()

    fun incarnation(reader: Long): Long = reader ushr COUNT_BITS
}
