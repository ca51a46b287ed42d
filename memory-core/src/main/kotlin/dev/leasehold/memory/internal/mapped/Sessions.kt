package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.endWith

/**
 * The sessions of a file: one is this, and others may be of other processes.
 *
 * A session locks a byte of the file for as long as it lives; the system takes the lock from it when the last thread of
 * its process has let go of the file. So who gets the lock of a session that is entered as active knows two things at
 * once: that session stores nothing any more, and no other recovers it. A number of a process says neither: it is used
 * again, it means nothing in another container, and a process has it for a while after its end was seen.
 *
 * Every step of a recovery may be done again. One that is not finished, because the recoverer has died, is done by the
 * next.
 */
internal class Sessions(val file: MappedFile, val layout: FileLayout, val words: FileWords) {
    /** The number of this session, from 1 on; 0 before [register]. */
    var number: Int = 0
        private set

    /** What this session writes into locks. */
    var token: Long = 0
        private set

    /** How many dead sessions this one has recovered. */
    @Volatile
    var recovered: Int = 0
        private set

    val checks: FileChecks = FileChecks(file.path, words, layout)
    val holds: Holds = Holds(this)
    private val recovery = Recovery(this)

    // A recovery may come upon a hold of the session that it recovers. To this file that session's byte looks free, and
    // to recover it again inside of that would unlock the byte too early.
    private val underRecovery = HashSet<Int>()

    /** Enters this session; false when all numbers are taken by sessions that live. */
    fun register(): Boolean {
        for (candidate in 1..layout.maxSessions) {
            if (!file.tryLock(FileLayout.sessionByte(candidate))) continue
            enter(candidate)
            return true
        }
        return false
    }

    private fun enter(candidate: Int) {
        val entry = layout.session(candidate)
        if (words.get(entry + FileLayout.ACTIVE) != 0L) recover(candidate)
        file.allocate(layout.lane(candidate), FileLayout.LANE)
        file.allocate(layout.holdsOf(candidate), FileLayout.HOLDS)
        // Nobody's, so whatever is there is no change of this session.
        words.set(layout.lane(candidate), 0)
        for (index in 0..FileLayout.SMALL_LANES) words.set(layout.smallLane(candidate, index), 0)
        words.set(entry + FileLayout.MOST_HOLDS, 0)
        val incarnation = words.get(entry + FileLayout.INCARNATION) + 1
        words.set(entry + FileLayout.INCARNATION, incarnation)
        words.set(entry + FileLayout.PROCESS, ProcessHandle.current().pid())
        words.set(entry + FileLayout.STARTED, System.currentTimeMillis())
        while (true) {
            val most = words.get(FileLayout.MOST_SESSION)
            if (most >= candidate || words.compareAndSet(FileLayout.MOST_SESSION, most, candidate.toLong())) break
        }
        words.set(entry + FileLayout.ACTIVE, 1)
        number = candidate
        token = FileLock.token(candidate, incarnation)
    }

    /** The largest number that a session ever had. */
    val most: Int get() = checks.mostSession()

    fun isActive(other: Int): Boolean = words.get(layout.session(other) + FileLayout.ACTIVE) != 0L

    /** Whether there is a session [other] that writes [lockWord] into its locks. */
    fun isEntered(other: Int, lockWord: Long): Boolean {
        if (other !in 1..layout.maxSessions || !isActive(other)) return false
        return FileLock.token(other, words.get(layout.session(other) + FileLayout.INCARNATION)) == lockWord
    }

    /** The process of the session [other], for messages. */
    fun processOf(other: Int): Long = words.get(layout.session(other) + FileLayout.PROCESS)

    /** When the session [other] was entered, in milliseconds since 1970. */
    fun startOf(other: Int): Long = words.get(layout.session(other) + FileLayout.STARTED)

    /** Whether the session [other] is active and has not died. */
    fun isAlive(other: Int): Boolean =
        isActive(other) && (other == number || file.isLocked(FileLayout.sessionByte(other)))

    /** Puts in order what the session [other] left, if it has died; false when it lives, or there is none. */
    @IgnorableReturnValue
    @Synchronized
    fun recoverIfDead(other: Int): Boolean {
        if (other == number || other !in 1..layout.maxSessions || !isActive(other)) return false
        if (other in underRecovery || !file.tryLock(FileLayout.sessionByte(other))) return false
        try {
            // Another may have done so, and gone.
            if (isActive(other)) recover(other)
        } finally {
            file.unlock(FileLayout.sessionByte(other))
        }
        return true
    }

    /**
     * Makes the lock word at [at] free, if the session that it names has died, or there is none such. Recovery itself
     * frees only the locks that it can find.
     */
    fun freeIfDead(at: Long) {
        val seen = words.get(at)
        if (seen == 0L || seen == token) return
        val owner = FileLock.sessionIn(seen)
        recoverIfDead(owner)
        // A session lets its locks go before it leaves. So nobody has written this, and nobody would take it away.
        if (!isEntered(owner, seen)) words.compareAndSet(at, seen, 0)
    }

    /** Puts in order what all dead sessions left. */
    fun recoverAll() {
        for (other in 1..most) recoverIfDead(other)
    }

    private fun recover(other: Int) {
        underRecovery.add(other)
        val event = Events.begin { it.recovering("${file.path}") }
        try {
            val held = recovery.run(other)
            event.endWith { held }
        } finally {
            underRecovery.remove(other)
        }
        recovered++
    }

    /** Leaves, when all that this session had has been given back. */
    fun leave() {
        recovery.run(number)
        file.unlock(FileLayout.sessionByte(number))
    }
}
