package dev.leasehold.memory.internal.mapped

/** Looks at the lock that lies at [at], and changes nothing: that its words name sessions that there can be. */
internal class LockVerification(
    private val words: FileWords,
    private val layout: FileLayout,
    private val at: Long,
    private val fault: (Long, String) -> Unit,
) {
    fun run() {
        val word = words.get(at + LockLayout.WORD_AT)
        val owner = FileLock.sessionIn(word)
        if (LockLayout.isTaken(word) && owner !in 1..layout.maxSessions) {
            fault(at + LockLayout.WORD_AT, "a lock is held by session $owner, which there cannot be")
        }
        val most = words.get(at + LockLayout.MOST_READER_AT)
        if (most !in 0..layout.maxSessions) {
            fault(at + LockLayout.MOST_READER_AT, "a lock is shared by session $most, which there cannot be")
        }
    }
}
