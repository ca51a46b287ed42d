package dev.leasehold.memory.internal.platform

import java.util.concurrent.Future
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.TimeUnit.NANOSECONDS
import java.util.concurrent.locks.LockSupport

/**
 * One thread that runs tasks when they are due, one after the other. It exists while there are tasks and for
 * [idleNanos] nanoseconds longer; the next task starts another. What a task throws goes to the log.
 *
 * @param newThread makes the thread; it is started here
 */
internal class BackgroundThread(
    idleNanos: Long,
    private val firstPauseNanos: Long,
    private val longestPauseNanos: Long,
    newThread: (Runnable) -> Thread,
) {
    private val executor = ScheduledThreadPoolExecutor(1) { worker -> newThread { runToEnd(worker) } }.apply {
        setKeepAliveTime(maxOf(1, idleNanos), NANOSECONDS)
        allowCoreThreadTimeOut(true)
        removeOnCancelPolicy = true
    }

    // A worker allocates to wait for its next task. Where the heap is full it ends by that, and is not replaced, while
    // tasks are waiting.
    private fun runToEnd(worker: Runnable) {
        try {
            worker.run()
        } catch (failure: Throwable) {
            report("the thread has ended", failure)
        }
        while (isWithoutThread) {
            LockSupport.parkNanos(longestPauseNanos)
            try {
                val _ = executor.prestartCoreThread()
            } catch (_: OutOfMemoryError) {
                continue
            }
        }
    }

    private val isWithoutThread: Boolean get() = executor.poolSize == 0 && executor.queue.isNotEmpty()

    /** Whether tasks wait for a thread, which could not be started. */
    @Volatile
    var isStuck: Boolean = false
        private set

    /** Starts the thread for tasks that wait for one. Never fails. */
    fun start() {
        isStuck = false
        try {
            val _ = executor.prestartCoreThread()
        } catch (failure: Throwable) {
            isStuck = isWithoutThread
            report(NO_THREAD, failure)
        }
    }

    // Under the lock of this: what waits to be tried again.
    private val retries = HashMap<Any, Retry>()

    /** Whether there are some that could not be added. */
    @Volatile private var areLost = false

    private inner class Retry(val key: Any, val task: () -> Boolean) {
        private var pause = firstPauseNanos
        private var waiting: Future<*>? = null
        private var isLost = false

        fun start(delayNanos: Long) {
            waiting = added { executor.schedule(::run, delayNanos, NANOSECONDS) }
            isLost = waiting == null && !isWithoutThread
            if (isLost) areLost = true
        }

        /** Adds it again, if it could not be added; false when it still cannot. */
        fun find(): Boolean {
            if (isLost) start(0)
            return !isLost
        }

        /** Runs it now, if it waits for a later time. */
        fun hasten() {
            if (waiting?.cancel(false) != false) start(0)
        }

        private fun run() = guarded {
            synchronized(this@BackgroundThread) { retries.remove(key) }
            if (!task()) again()
        }

        // Unless another was added while it ran.
        private fun again(): Unit = synchronized(this@BackgroundThread) {
            if (retries.putIfAbsent(key, this) != null) return
            start(pause)
            pause = minOf(2 * pause, longestPauseNanos)
        }
    }

    /** Runs [task] soon. */
    fun submit(task: () -> Unit) {
        val _ = schedule(0, task)
    }

    /**
     * Runs [task] until it returns true: soon, and then with pauses that double up to the longest. A task that throws
     * is over. While a task of an equal [key] waits, no other is added, but that one is run soon.
     */
    fun untilDone(key: Any, task: () -> Boolean): Unit = synchronized(this) {
        val fresh = Retry(key, task)
        val waiting = retries.putIfAbsent(key, fresh)
        if (waiting == null) fresh.start(0) else waiting.hasten()
    }

    /** Runs [task] once, [delayNanos] nanoseconds from now, unless what is returned is closed before. */
    fun schedule(delayNanos: Long, task: () -> Unit): AutoCloseable {
        val scheduled = added { executor.schedule({ guarded(task) }, delayNanos, NANOSECONDS) }
        return AutoCloseable { val _ = scheduled?.cancel(false) }
    }

    /** [schedule] of what cannot be closed; false when the heap is too full, and [task] will not run. */
    fun trySchedule(delayNanos: Long, task: () -> Unit): Boolean = try {
        val _ = executor.schedule({ guarded(task) }, delayNanos, NANOSECONDS)
        true
    } catch (full: OutOfMemoryError) {
        isStuck = isWithoutThread
        if (isStuck) report(NO_THREAD, full)
        isStuck
    }

    // Where no thread can be started the task stays in the queue, and the caller, which may be closing a lease, goes
    // on.
    private inline fun added(add: () -> Future<*>): Future<*>? = try {
        add()
    } catch (failure: Throwable) {
        isStuck = isWithoutThread
        report(NO_THREAD, failure)
        null
    }

    private inline fun guarded(task: () -> Unit) {
        try {
            task()
            if (areLost) findLost()
        } catch (failure: Throwable) {
            report("a task failed", failure)
        }
    }

    private fun findLost(): Unit = synchronized(this) {
        areLost = !retries.values.all { it.find() }
    }

    private fun report(what: String, failure: Throwable): Unit = Log.tryError(failure) { "in the background: $what" }

    private companion object {
        const val NO_THREAD = "a task could not be given to a thread; the next one tries again"
    }
}
