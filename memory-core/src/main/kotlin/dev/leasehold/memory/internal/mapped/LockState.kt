package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileLimitException

/**
 * The lock whose block is at [at], as this session sees it: see [LockLayout]. One for all threads of the session.
 *
 * A writer claims the word, and waits then until no one shares the lock. A reader counts itself, and looks then whether
 * the word is claimed; if so, it counts itself out and waits. Between the store and the look of each is a fence, so
 * that either sees the other (Dekker, 1965). As a claimed word keeps new readers out, no writer waits for more readers
 * than there are.
 *
 * While a living session has the word nobody else stores into it, and who shares the lock is counted in a word that
 * only its own session stores into. So a death leaves nothing to repair: a word counts while the session that it names
 * lives, and that is asked for once a millisecond by those who wait.
 */
internal class LockState(private val session: FileSession, private val at: Long) {
    private val words = session.words
    private val sessions = session.sessions
    private val token = sessions.token
    private val incarnation = FileLock.incarnationIn(token)
    private val word = at + LockLayout.WORD_AT
    private val mostReader = at + LockLayout.MOST_READER_AT
    private val reader = at + LockLayout.readerAt(sessions.number)
    private val claimed = FileEvent(session, at + LockLayout.EXCLUSIVE_EVENT_AT)
    private val shared = FileEvent(session, at + LockLayout.SHARED_EVENT_AT)
    private val drained = FileEvent(session, at + LockLayout.DRAINED_EVENT_AT)

    // The thread that has the exclusive lock; read without order, as each looks only whether it is the one.
    private var owner = NOBODY

    @Volatile
    private var isReader = false

    init {
        // What is there is of a session that had the same number, and has died.
        words.set(reader, LockLayout.reader(incarnation))
    }

    /** Whether the calling thread has the exclusive lock. */
    val isOwned: Boolean get() = owner == Thread.currentThread().threadId()

    // ---- the exclusive lock ----

    /** Takes the exclusive lock, and waits up to [nanos] nanoseconds for it; false when it did not get it. */
    fun lock(nanos: Long): Boolean {
        if (!claim() && !claimLater(nanos)) return false
        if (words.getVolatile(mostReader) != 0L && !drain(nanos)) return false
        owner = Thread.currentThread().threadId()
        return true
    }

    private fun claim(): Boolean {
        val seen = words.get(word)
        return !LockLayout.isTaken(seen) && words.compareAndSet(word, seen, seen or token)
    }

    private fun claimLater(nanos: Long): Boolean {
        if (nanos > 0) return awaitClaim(Patience(session, nanos))
        freeIfDead()
        return claim()
    }

    private fun awaitClaim(patience: Patience): Boolean {
        var spins = 0
        while (spins++ < SPINS && !patience.isOver) {
            Thread.onSpinWait()
            if (claim()) return true
        }
        while (true) {
            val seen = claimed.prepare()
            if (patience.isTimeToLook()) freeIfDead()
            if (claim()) {
                // Others may wait still, and only one was woken.
                val _ = claimed.prepare()
                return true
            }
            if (patience.isOver) return false
            patience.await(claimed, seen)
        }
    }

    /** Lets go of the lock of a session that has died, and leaves a mark for the next that gets it. */
    private fun freeIfDead() {
        val seen = words.get(word)
        if (!LockLayout.isTaken(seen) || LockLayout.tokenIn(seen) == token) return
        val other = FileLock.sessionIn(seen)
        sessions.recoverIfDead(other)
        if (!sessions.isEntered(other, LockLayout.tokenIn(seen))) {
            words.compareAndSet(word, seen, LockLayout.ABANDONED)
        }
    }

    // The word is claimed, and no one comes to share the lock any more.
    private fun drain(nanos: Long): Boolean {
        var done = false
        try {
            done = awaitReaders(nanos)
        } finally {
            if (!done) release()
        }
        return done
    }

    private fun awaitReaders(nanos: Long): Boolean {
        var patience: Patience? = null
        for (number in 1..words.get(mostReader).coerceIn(0, session.layout.maxSessions.toLong()).toInt()) {
            var spins = 0
            while (isShared(number)) {
                if (nanos != 0L && spins++ < SPINS) {
                    Thread.onSpinWait()
                    continue
                }
                val waiting = patience ?: Patience(session, nanos).also { patience = it }
                if (!awaitReader(number, waiting)) return false
            }
        }
        return true
    }

    private fun awaitReader(number: Int, patience: Patience): Boolean {
        val seen = drained.prepare()
        if (patience.isTimeToLook()) sessions.recoverIfDead(number)
        if (!isShared(number)) return true
        if (patience.isOver) return false
        patience.await(drained, seen)
        return true
    }

    /** Whether threads of the session [number] share the lock, and it has not been found dead. */
    private fun isShared(number: Int): Boolean {
        val seen = words.getVolatile(at + LockLayout.readerAt(number))
        if (LockLayout.count(seen) == 0) return false
        return sessions.isEntered(number, FileLock.token(number, LockLayout.incarnation(seen)))
    }

    /** Gives the exclusive lock back, which the calling thread has. */
    fun unlock() {
        owner = NOBODY
        release()
    }

    private fun release() {
        val seen = words.get(word)
        // Of a file that was cut off, another is read; here that is met before the caller has gone on.
        if (LockLayout.tokenIn(seen) != token) session.meetFaults()
        words.set(word, seen and LockLayout.ABANDONED)
        shared.signal(FileEvent.ALL)
        claimed.signal(1)
    }

    /** Whether a session died while it had the exclusive lock, since [clearAbandoned]. */
    val isAbandoned: Boolean get() = words.get(word) and LockLayout.ABANDONED != 0L

    /** Says that all is in order again. For the thread that has the exclusive lock. */
    fun clearAbandoned(): Unit = words.set(word, token)

    // ---- the shared lock ----

    /** Shares the lock, if no one has it exclusively and this session has shared it before. */
    fun lockSharedNow(): Boolean = isReader && countIn()

    /** Shares the lock, and waits up to [nanos] nanoseconds for that; false when it does not. */
    fun lockShared(nanos: Long): Boolean {
        if (!isReader) becomeReader()
        return share() || shareLater(nanos)
    }

    // Before the first count: writers look at the words up to there.
    private fun becomeReader() {
        while (true) {
            val most = words.get(mostReader)
            if (most >= sessions.number || words.compareAndSet(mostReader, most, sessions.number.toLong())) break
        }
        isReader = true
    }

    private fun share() = !LockLayout.isTaken(words.get(word)) && countIn()

    private fun countIn(): Boolean {
        val before = count(1)
        val isFree = !LockLayout.isTaken(words.getVolatile(word))
        if (isFree && LockLayout.count(before) < LockLayout.MOST_SHARES) return true
        countOut()
        if (isFree) throw sharedTooOften()
        return false
    }

    private fun count(more: Long): Long {
        val before = words.getAndAdd(reader, more)
        // As above.
        if (LockLayout.incarnation(before) != incarnation) session.meetFaults()
        return before
    }

    private fun sharedTooOften() = MappedFileLimitException(
        "a process can share a lock of the file ${session.file.path} no more than ${LockLayout.MOST_SHARES} times",
        session.file.path,
        LockLayout.MOST_SHARES,
    )

    private fun shareLater(nanos: Long): Boolean {
        if (nanos > 0) return awaitShare(Patience(session, nanos))
        freeIfDead()
        return share()
    }

    private fun awaitShare(patience: Patience): Boolean {
        var spins = 0
        while (spins++ < SPINS && !patience.isOver) {
            Thread.onSpinWait()
            if (share()) return true
        }
        while (true) {
            val seen = shared.prepare()
            if (patience.isTimeToLook()) freeIfDead()
            if (share()) return true
            if (patience.isOver) return false
            patience.await(shared, seen)
        }
    }

    /** Ends one share of this session; false when it has none. */
    fun unlockShared(): Boolean {
        if (LockLayout.count(words.get(reader)) == 0) {
            // As above.
            session.meetFaults()
            return false
        }
        countOut()
        return true
    }

    private fun countOut() {
        val _ = count(-1)
        if (LockLayout.isTaken(words.getVolatile(word))) drained.signal(1)
    }

    /** The process of the session that has the exclusive lock now, or claims it; 0 when there is none. */
    fun ownerProcess(): Long {
        val seen = LockLayout.tokenIn(words.get(word))
        val number = FileLock.sessionIn(seen)
        return if (sessions.isEntered(number, seen)) sessions.processOf(number) else 0
    }

    // ---- conditions ----

    /** The conditions, by their index. */
    val conditions: List<FileEvent> =
        List(LockLayout.CONDITIONS) { FileEvent(session, at + LockLayout.conditionAt(it)) }

    /**
     * Gives the exclusive lock back, which the calling thread has, waits up to [nanos] nanoseconds for a signal of
     * [condition], and takes the lock again, however long that takes; false when no signal came.
     *
     * @throws InterruptedException when the thread was interrupted; it has the lock again
     */
    fun await(condition: FileEvent, nanos: Long): Boolean {
        val seen = condition.prepare()
        unlock()
        var interruption: InterruptedException? = null
        try {
            val patience = Patience(session, nanos)
            while (!condition.hasHappened(seen) && !patience.isOver) patience.await(condition, seen)
        } catch (interrupted: InterruptedException) {
            interruption = interrupted
        }
        lockAgain()
        if (interruption != null) throw interruption
        return condition.hasHappened(seen)
    }

    private fun lockAgain() {
        var isInterrupted = false
        while (true) {
            try {
                if (lock(Long.MAX_VALUE)) break
            } catch (_: InterruptedException) {
                // As for any condition: it has the lock when it returns, and hears of the interruption then.
                isInterrupted = true
            }
        }
        if (isInterrupted) Thread.currentThread().interrupt()
    }

    private companion object {
        const val NOBODY = 0L
        const val SPINS = 200
    }
}
