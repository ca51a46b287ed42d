package dev.leasehold.memory.mapped

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.internal.mapped.FileEvent
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * What threads of all processes wait for under a [MappedLock]: one of them changes something and signals it, and those
 * that wait look whether it is what they need.
 *
 * ```
 * lock.withExclusive {
 *     while (!isReady()) ready.await()
 *     …
 * }
 * ```
 *
 * **A wait may end for no reason**, so it stands in a loop that looks. [signal] wakes one thread at once, and others go
 * on up to some milliseconds later, unless they see by then that there is nothing for them. Therefore a thread that
 * dies just when it was woken takes no one's wake-up with it, nor does one that dies just when it signals.
 *
 * **Ownership.** It is the lock's. **Threads.** The one that has the lock exclusively.
 * **Cost.** Two compare-and-sets for a signal where threads wait, and a call of the system; a read where none does.
 *
 * @sample dev.leasehold.memory.samples.mappedCondition
 */
public class MappedCondition internal constructor(
    /** The lock that a thread has while it uses this. */
    public val lock: MappedLock,
    private val event: FileEvent,
) {
    /**
     * Gives the lock back, waits for a signal, and takes the lock again.
     *
     * @throws InterruptedException when the thread was interrupted; it has the lock again
     * @throws MappedLockOwnerException when the thread does not have the lock exclusively
     * @throws ManagerClosedException when the manager is closed meanwhile
     */
    @Throws(InterruptedException::class)
    public fun await() {
        val _ = await(Long.MAX_VALUE)
    }

    /**
     * [await] for up to [timeout], after which it takes the lock again, however long that takes.
     *
     * @return whether there was a signal
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun await(timeout: Duration): Boolean {
        val nanos = timeout.inWholeNanoseconds
        if (nanos <= 0) throw InvalidTimeoutException("a timeout must be positive, and was $nanos ns")
        return await(nanos)
    }

    /** [await] for up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    @IgnorableReturnValue
    public fun await(timeout: JavaDuration): Boolean = await(timeout.toKotlinDuration())

    private fun await(nanos: Long): Boolean {
        requireOwner("wait for a signal")
        return lock.guarded { lock.state.await(event, nanos) }
    }

    /**
     * Lets a thread that waits go on, and perhaps others a little later.
     *
     * @throws MappedLockOwnerException when the thread does not have the lock exclusively
     */
    public fun signal(): Unit = signal(1)

    /**
     * Lets all threads that wait go on.
     *
     * @throws MappedLockOwnerException when the thread does not have the lock exclusively
     */
    public fun signalAll(): Unit = signal(FileEvent.ALL)

    private fun signal(most: Int) {
        requireOwner("signal")
        lock.guarded { event.signal(most) }
    }

    private fun requireOwner(action: String) {
        if (!lock.state.isOwned) throw notOwner(lock, action)
    }
}
