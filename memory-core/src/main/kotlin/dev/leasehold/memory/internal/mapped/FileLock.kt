package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.platform.pause
import java.util.concurrent.locks.ReentrantLock

/**
 * A lock of one word in the file, between the sessions of all processes, and a lock of this process in front of it.
 *
 * The word names the session that has it, and which one of those that had its number. Who waits asks the system every
 * so often whether that one lives; if not, it recovers that session, which lets the lock go, and then it is anyone's.
 */
internal class FileLock(private val sessions: Sessions, private val at: Long) {
    private val words = sessions.words
    private val local = ReentrantLock()

    /** Runs [action] while no other has the lock. */
    inline fun <R> withLock(action: () -> R): R {
        lock()
        try {
            return action()
        } finally {
            unlock()
        }
    }

    fun lock() {
        local.lock()
        try {
            if (local.holdCount == 1) lockWord()
        } catch (failure: Throwable) {
            local.unlock()
            throw failure
        }
    }

    private fun lockWord() = lockWord(sessions, at)

    /** Whether a session that lives has the lock now. */
    fun isTaken(): Boolean {
        val seen = words.get(at)
        return seen != 0L && sessions.isEntered(sessionIn(seen), seen) && sessions.isAlive(sessionIn(seen))
    }

    fun unlock() {
        try {
            if (local.holdCount == 1) words.set(at, 0)
        } finally {
            local.unlock()
        }
    }

    internal companion object {
        // A look at a session costs as much as a few turns of the pause.
        private const val LOOKS = 300
        private const val SESSION_BITS = 8
        private const val INCARNATION_SHIFT = 16

        /** Puts the token of this session into the word at [at], when no living one's is there. */
        fun lockWord(sessions: Sessions, at: Long) {
            var looks = 0
            while (!tryLockWord(sessions, at)) {
                if (++looks % LOOKS == 0) sessions.freeIfDead(at)
                pause(looks)
            }
        }

        /** [lockWord], or false when one is there. */
        fun tryLockWord(sessions: Sessions, at: Long): Boolean =
            sessions.words.get(at) == 0L && sessions.words.compareAndSet(at, 0, sessions.token)

        /** The word of a lock that the session [number] has, when it is the one of [incarnation]. */
        fun token(number: Int, incarnation: Long): Long = (incarnation shl INCARNATION_SHIFT) or number.toLong()

        /** Which session it is of all that had the number, in its [token]. */
        fun incarnationIn(token: Long): Long = token ushr INCARNATION_SHIFT

        fun sessionIn(word: Long): Int = word.part(0, SESSION_BITS).toInt()
    }
}
