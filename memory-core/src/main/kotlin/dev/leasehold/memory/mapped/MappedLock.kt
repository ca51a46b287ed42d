package dev.leasehold.memory.mapped

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.internal.mapped.LockLayout
import dev.leasehold.memory.internal.mapped.LockState
import dev.leasehold.memory.internal.mapped.RootedKind
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * A lock in the file of a [MappedMemoryManager], for the threads of all processes: one has it exclusively, or any
 * number share it.
 *
 * ```
 * val lock = MappedLock.open(manager, "orders")
 * lock.withExclusive {
 *     if (lock.isAbandoned) putInOrder()
 *     change()
 * }
 * ```
 *
 * **A death frees it.** The lock of a process that dies is free when the system has ended that process, and is never
 * taken from one that lives, however long it keeps it. Where it was exclusive, the next that gets it finds the lock
 * [abandoned][isAbandoned]: what it protects may be half-changed. It stays so until a thread has put that in order and
 * says so by [clearAbandoned].
 *
 * **Ownership.** It is the file's, and lives as long as its root; one whose root is removed serves those who have
 * opened it. This object owns nothing, and is good as long as [manager] is open: to close that lets go as a death does.
 * **Threads.** Any, virtual ones too. The exclusive lock is its thread's: that one gives it back, and does not take it
 * again before (it is not reentrant). Shares are counted for each process, so one thread may give back what another has
 * taken; a thread that shares the lock and asks for it exclusively waits for itself. Who claims it exclusively keeps
 * new shares out until it had it, so no stream of them keeps it waiting. Else those that wait have no order. What was
 * done before the lock was given back is seen by the next that gets it.
 * **Memory.** 64 bytes for each session that the file can have, and 192.
 * **Cost.** A compare-and-set to take the exclusive lock, and a store to give it back; two atomic additions for a
 * share. No garbage, and no call of the system, where none has to wait. A thread that waits spins for a microsecond,
 * then sleeps until it is woken (a virtual one looks again every millisecond), and asks every millisecond whether the
 * process that it waits for lives.
 *
 * @sample dev.leasehold.memory.samples.mappedLock
 */
public class MappedLock private constructor(
    /** The manager whose file it lies in. */
    public val manager: MappedMemoryManager,
    /** The root that leads to it. */
    public val name: String,
    internal val state: LockState,
) {
    private val session = manager.session
    private val exclusiveHold = Hold(this, isShared = false)
    private val sharedHold = Hold(this, isShared = true)
    private val conditions = List(LockLayout.CONDITIONS) { MappedCondition(this, state.conditions[it]) }

    internal inline fun <R> guarded(action: () -> R): R {
        session.requireOpen()
        return session.guarded(action)
    }

    // ---- exclusively ----

    /**
     * Runs [action] while the calling thread has the lock exclusively.
     *
     * @throws InterruptedException when the thread was interrupted while it waited; it has nothing
     * @throws MappedLockOwnerException when the thread has it already
     * @throws ManagerClosedException when the manager is closed
     */
    @JvmSynthetic
    public inline fun <R> withExclusive(action: () -> R): R {
        lock()
        try {
            return action()
        } finally {
            unlock()
        }
    }

    /**
     * [withExclusive] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws MappedLockTimeoutException when [timeout] passed first; [action] was not run
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public inline fun <R> withExclusive(timeout: Duration, action: () -> R): R {
        lockInTime(timeout.inWholeNanoseconds)
        try {
            return action()
        } finally {
            unlock()
        }
    }

    /**
     * Takes the lock exclusively, and waits until it is free; to be given back by [unlock].
     *
     * @throws InterruptedException when the thread was interrupted while it waited; it has nothing
     * @throws MappedLockOwnerException when the thread has it already
     * @throws ManagerClosedException when the manager is closed
     */
    @Throws(InterruptedException::class)
    public fun lock() {
        if (!take(Long.MAX_VALUE)) throw lockTimeout(this, Long.MAX_VALUE, state.ownerProcess())
    }

    /** Takes the lock exclusively if it is free now; false when it is not. Throws what [lock] does, but waits not. */
    public fun tryLock(): Boolean = take(0)

    /**
     * [tryLock] that waits up to [timeout].
     *
     * @throws InterruptedException when the thread was interrupted while it waited; it has nothing
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun tryLock(timeout: Duration): Boolean = take(checkWait(timeout.inWholeNanoseconds, "tryLock"))

    /** [tryLock] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun tryLock(timeout: JavaDuration): Boolean = tryLock(timeout.toKotlinDuration())

    private fun take(nanos: Long): Boolean {
        if (state.isOwned) throw lockedAlready(this)
        return guarded { state.lock(nanos) }
    }

    @PublishedApi
    internal fun lockInTime(nanos: Long) {
        if (!take(checkWait(nanos, "tryLock"))) throw lockTimeout(this, nanos, state.ownerProcess())
    }

    /**
     * Gives the exclusive lock back.
     *
     * @throws MappedLockOwnerException when the calling thread does not have it
     */
    public fun unlock() {
        guarded {
            if (!state.isOwned) throw notOwner(this, "give it back")
            state.unlock()
        }
    }

    /** Whether the calling thread has it exclusively. */
    public val isOwned: Boolean get() = state.isOwned

    // ---- shared ----

    /**
     * Runs [action] while the lock is shared, and no one has it exclusively. Throws what [lockShared] does.
     */
    @JvmSynthetic
    public inline fun <R> withShared(action: () -> R): R {
        lockShared()
        try {
            return action()
        } finally {
            unlockShared()
        }
    }

    /**
     * [withShared] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws MappedLockTimeoutException when [timeout] passed first; [action] was not run
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public inline fun <R> withShared(timeout: Duration, action: () -> R): R {
        shareInTime(timeout.inWholeNanoseconds)
        try {
            return action()
        } finally {
            unlockShared()
        }
    }

    /**
     * Shares the lock, and waits until no one has it exclusively; to be given back by [unlockShared].
     *
     * @throws InterruptedException when the thread was interrupted while it waited; it has nothing
     * @throws MappedLockOwnerException when the thread has the lock exclusively
     * @throws MappedFileLimitException when this process shares it 16,777,215 times
     * @throws ManagerClosedException when the manager is closed
     */
    @Throws(InterruptedException::class)
    public fun lockShared() {
        if (!share(Long.MAX_VALUE)) throw lockTimeout(this, Long.MAX_VALUE, state.ownerProcess())
    }

    /** Shares the lock if no one has it exclusively now; false when one has. Throws what [lockShared] does. */
    public fun tryLockShared(): Boolean = share(0)

    /**
     * [tryLockShared] that waits up to [timeout].
     *
     * @throws InterruptedException when the thread was interrupted while it waited; it has nothing
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun tryLockShared(timeout: Duration): Boolean = share(checkWait(timeout.inWholeNanoseconds, "tryLockShared"))

    /** [tryLockShared] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun tryLockShared(timeout: JavaDuration): Boolean = tryLockShared(timeout.toKotlinDuration())

    private fun share(nanos: Long): Boolean {
        if (guarded { state.lockSharedNow() }) return true
        if (state.isOwned) throw lockedAlready(this)
        return guarded { state.lockShared(nanos) }
    }

    @PublishedApi
    internal fun shareInTime(nanos: Long) {
        if (!share(checkWait(nanos, "tryLockShared"))) throw lockTimeout(this, nanos, state.ownerProcess())
    }

    /**
     * Gives a share back that a thread of this process has taken.
     *
     * @throws MappedLockOwnerException when this process has none
     */
    public fun unlockShared() {
        if (!guarded { state.unlockShared() }) throw notShared(this)
    }

    // ---- after a death ----

    /**
     * Whether a process died, or closed its manager, while it had or claimed the exclusive lock, and no one has called
     * [clearAbandoned] since. Of use to a thread that has the lock.
     */
    public val isAbandoned: Boolean get() = guarded { state.isAbandoned }

    /**
     * Says that what the lock protects is in order again.
     *
     * @throws MappedLockOwnerException when the calling thread does not have the exclusive lock
     */
    public fun clearAbandoned() {
        if (!state.isOwned) throw notOwner(this, "say that all is in order")
        guarded { state.clearAbandoned() }
    }

    /**
     * The condition [index] of the lock, from 0 to 7: the same one in all processes.
     *
     * @throws IndexOutOfBoundsException when there is no such condition
     */
    @JvmOverloads
    public fun condition(index: Int = 0): MappedCondition {
        if (index in conditions.indices) return conditions[index]
        throw IndexOutOfBoundsException("a lock has conditions from 0 to ${conditions.lastIndex}, and not $index")
    }

    // ---- for Java ----

    /** [lock] for a `try` of Java: to close what this returns is [unlock]. Allocates nothing. */
    @Throws(InterruptedException::class)
    public fun exclusive(): Hold {
        lock()
        return exclusiveHold
    }

    /** [exclusive] that waits up to [timeout], and throws [MappedLockTimeoutException] then. */
    @Throws(InterruptedException::class)
    public fun exclusive(timeout: JavaDuration): Hold {
        lockInTime(timeout.toKotlinDuration().inWholeNanoseconds)
        return exclusiveHold
    }

    /** [lockShared] for a `try` of Java: to close what this returns is [unlockShared]. Allocates nothing. */
    @Throws(InterruptedException::class)
    public fun shared(): Hold {
        lockShared()
        return sharedHold
    }

    /** [shared] that waits up to [timeout], and throws [MappedLockTimeoutException] then. */
    @Throws(InterruptedException::class)
    public fun shared(timeout: JavaDuration): Hold {
        shareInTime(timeout.toKotlinDuration().inWholeNanoseconds)
        return sharedHold
    }

    /** What gives a lock back: the same object for all threads, as the lock knows itself which one has it. */
    public class Hold internal constructor(private val lock: MappedLock, private val isShared: Boolean) :
        AutoCloseable {
        /** Gives it back. */
        override fun close(): Unit = if (isShared) lock.unlockShared() else lock.unlock()
    }

    /** The name and the file, for logs. */
    override fun toString(): String = "MappedLock '$name' in ${manager.path}"

    /** Makes and opens locks. */
    public companion object {
        private val KIND = RootedKind("lock", LockLayout.KIND, LockLayout.VERSION)

        /**
         * Opens the lock that the root [name] leads to; makes one where there is no such root, also where several
         * processes do this at once.
         *
         * @throws MappedFileFormatException when the root leads to something else, or to a lock of a newer version
         * @throws MappedFileLimitException when this session holds as many linked blocks as it can
         * @throws MappedFileReadOnlyException when the manager only reads
         * @throws MemoryExhaustedException when there is no room for a new one
         */
        @JvmStatic
        public fun open(manager: MappedMemoryManager, name: String): MappedLock {
            val session = manager.session
            val bytes = LockLayout.bytes(session.layout.maxSessions)
            val state = KIND.open(manager, name, bytes, session.locks) { LockState(session, it) }
            return MappedLock(manager, name, state)
        }
    }
}
