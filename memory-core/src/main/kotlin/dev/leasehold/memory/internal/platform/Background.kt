package dev.leasehold.memory.internal.platform

import java.lang.ref.Cleaner
import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * The library's work off the paths of its callers. No other part of it starts threads, but for the server of a report.
 * Daemon threads of the system:
 *
 * - `leasehold-background` retires epochs, tries again what a native call holds up, looks whether the line of a
 *   suspending pool stands still (`STALL:`), and runs what is due later, such as the question to the flight recorder
 *   whether it has started. It ends when it has had nothing to do for 10 s; the next task starts another.
 * - `leasehold-cleaner` logs leaks (`LEAK:`), closes pools and managers that are garbage (`UNCLOSED:`), and unmaps
 *   cleared managers. It starts with the first of them, and ends when the class loader of this library is garbage: it
 *   holds that only weakly.
 *
 * Virtual threads, of the suspending pools of memory-coroutines:
 *
 * - `leasehold-notify` resumes a coroutine that the background thread has served, where the coroutine's dispatcher may
 *   run it at once.
 * - `leasehold-future` completes the future of a lease, and runs its dependents.
 * - `leasehold-left-behind` looks for leases in a cancelled channel, for about a second.
 * - `leasehold-report` answers one request for a report that is served.
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

    /** [schedule] of what cannot be closed; false when the heap is too full, and [task] will not run. */
    fun trySchedule(delay: Duration, task: () -> Unit): Boolean = thread.trySchedule(delay.inWholeNanoseconds, task)

    /** Starts a virtual thread for [task]. An interrupt may end it. */
    @IgnorableReturnValue
    fun startVirtual(name: HelperThread, task: () -> Unit): Thread = name.virtual {
        logged("${name.threadName} failed") { interruptibly(task) }
    }.also(Thread::start)

    /** Whether tasks wait for a thread that could not be started, and [start] does. */
    val isStuck: Boolean get() = thread.isStuck

    /** Starts the thread for tasks that wait for one. Never fails. */
    fun start(): Unit = thread.start()

    /**
     * Runs [action] when [referent] is garbage, unless this library's class loader is garbage by then, too. Neither
     * [action] nor anything it refers to may refer to [referent].
     */
    fun whenGarbage(referent: Any, action: () -> Unit) {
        val held = GarbageAction(action)
        var watched = false
        try {
            val _ = waiting.add(held)
            watched = watch(referent) { LoaderFree.ifThere(WeakReference(held)) }
        } finally {
            if (!watched) {
                val _ = waiting.remove(held)
            }
        }
    }

    /**
     * Runs [action], which [consists of the JDK's classes][LoaderFree], when this library's class loader is garbage.
     */
    fun atTheEnd(action: Runnable) {
        val _ = watch(loaded) { action }
    }

    /**
     * Runs [action], which [consists of the JDK's classes][LoaderFree], when the next collection of garbage has taken
     * place; false when the heap is too full for that.
     */
    fun atNextCollection(action: Runnable): Boolean = watch(Any()) { action }

    private inline fun watch(referent: Any, action: () -> Runnable): Boolean = try {
        val _ = cleaner.register(referent, action())
        true
    } catch (failure: OutOfMemoryError) {
        // The heap is full, or there can be no more threads; the caller, which may be renting, goes on.
        Log.tryError(failure) { "${HelperThread.CLEANER.threadName} could not be given what to do for garbage" }
        false
    }

    /** Held by this object, and only weakly by the thread, which would keep the class loader otherwise. */
    private class GarbageAction(private val action: () -> Unit) : Runnable {
        override fun run() {
            val _ = waiting.remove(this)
            // Unlike this, a cleaner drops what an action throws.
            logged("an action of ${HelperThread.CLEANER.threadName} failed", action)
        }
    }

    private val waiting = ConcurrentHashMap.newKeySet<GarbageAction>()

    // Garbage when all classes of this library are.
    private val loaded = Any()

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
