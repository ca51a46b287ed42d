package dev.leasehold.memory.internal.mapped

/**
 * An entry of a journal: two words. The first says in its last bits of what kind it is, and in the others where in the
 * file; the second what.
 */
internal object JournalEntry {
    const val BYTES: Long = 16

    /** The word there is set. */
    const val WORD: Int = 0

    /** So many bytes from there on become zero: all of a block whose words are in the journal from now on. */
    const val CLEAR: Int = 1

    /** The checksum of all entries since the last of this kind; nothing is set. */
    const val SEAL: Int = 2

    private const val KIND = 7L

    fun kind(key: Long): Int = (key and KIND).toInt()

    fun offset(key: Long): Long = key and KIND.inv()

    fun clear(offset: Long): Long = offset or CLEAR.toLong()

    fun seal(): Long = SEAL.toLong()
}
