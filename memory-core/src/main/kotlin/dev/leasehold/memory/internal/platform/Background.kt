package dev.leasehold.memory.internal.platform

import java.lang.ref.Cleaner
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * The library's work off the paths of its callers. No other part of it starts threads. Daemon threads of the system:
 *
 * - `leasehold-background` retires epochs, tries again what a native call holds up, looks whether the line of a
 *   suspending pool stands still (`STALL:`), and runs what is due later. It ends when it has had nothing to do for 10
 *   s; the next task starts another.
 * - `leasehold-cleaner` logs leaks (`LEAK:`) and unmaps cleared managers when they are garbage. It starts with the
 *   first traced lease or cleared manager, and does not end.
 *
 * Virtual threads, of the suspending pools of memory-coroutines:
 *
 * - `leasehold-notify` resumes a coroutine that the background thread has served, where the coroutine's dispatcher may
 *   run it at once.
 * - `leasehold-deferred-close` closes a lease that a native call still uses, when the call has ended.
 * - `leasehold-future` completes the future of a lease, and runs its dependents.
 * - `leasehold-left-behind` looks for leases in a cancelled channel, for about a second.
 *
 * Tasks for `leasehold-background` are short and do not block, because they share it. A task that may block has a
 * virtual thread of its own. What a task throws goes to the log, and the others go on. All functions may be called from
 * any thread.
 */
internal object Background {
    private val thread = BackgroundThread(
        idleNanos = 10.seconds.inWholeNanoseconds,
        firstPauseNanos = 1.milliseconds.inWholeNanoseconds,
        longestPauseNanos = 1.seconds.inWholeNanoseconds,
        newThread = HelperThread.BACKGROUND::platform,
    )
    private val cleaner: Cleaner by lazy { Cleaner.create(HelperThread.CLEANER::platform) }

    /** Runs [task] soon. */
    fun submit(task: () -> Unit): Unit = thread.submit(task)

    /**
     * Runs [task] until it returns true: soon, and then with pauses of 1 ms that double up to 1 s. A task that throws
     * is over. While a task of an equal [key] waits, no other is added, but that one is run soon.
     */
    fun untilDone(key: Any, task: () -> Boolean): Unit = thread.untilDone(key, task)

    /** Runs [task] once, after [delay], unless what is returned is closed before. */
    @IgnorableReturnValue
    fun schedule(delay: Duration, task: () -> Unit): AutoCloseable = thread.schedule(delay.inWholeNanoseconds, task)

    /** Starts a virtual thread for [task]. An interrupt may end it. */
    @IgnorableReturnValue
    fun startVirtual(name: HelperThread, task: () -> Unit): Thread = name.virtual {
        logged("${name.threadName} failed") { interruptibly(task) }
    }.also(Thread::start)

    /** Runs [action] when [referent] is garbage. Neither [action] nor anything it refers to may refer to [referent]. */
    fun whenGarbage(referent: Any, action: () -> Unit) {
        // Unlike this, a cleaner drops what an action throws.
        cleaner.register(referent) { logged("an action of ${HelperThread.CLEANER.threadName} failed", action) }
    }

    private fun interruptibly(task: () -> Unit) {
        try {
            task()
        } catch (_: InterruptedException) {
            // The starter of the thread no longer wants what the task is for.
            return
        }
    }

    private inline fun logged(message: String, task: () -> Unit) {
        try {
            task()
        } catch (failure: Throwable) {
            Log.error(message, failure)
        }
    }
}
