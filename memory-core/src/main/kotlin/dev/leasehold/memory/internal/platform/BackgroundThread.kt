package dev.leasehold.memory.internal.platform

import java.util.concurrent.Future
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.TimeUnit.NANOSECONDS

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
    private val executor = ScheduledThreadPoolExecutor(1, newThread).apply {
        setKeepAliveTime(maxOf(1, idleNanos), NANOSECONDS)
        allowCoreThreadTimeOut(true)
        removeOnCancelPolicy = true
    }

    // Under the lock of this: what waits to be tried again.
    private val retries = HashMap<Any, Retry>()

    private inner class Retry(val key: Any, val task: () -> Boolean) {
        private var pause = firstPauseNanos
        private var waiting: Future<*>? = null

        fun start(delayNanos: Long) {
            waiting = added { executor.schedule(::run, delayNanos, NANOSECONDS) }
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

    // Where no thread can be started the task stays in the queue, and the caller, which may be closing a lease, goes
    // on.
    private inline fun added(add: () -> Future<*>): Future<*>? = try {
        add()
    } catch (failure: Throwable) {
        report("no thread could be started; the next task tries again", failure)
        null
    }

    private inline fun guarded(task: () -> Unit) {
        try {
            task()
        } catch (failure: Throwable) {
            report("a task failed", failure)
        }
    }

    private fun report(what: String, failure: Throwable) {
        try {
            Log.error("in the background: $what", failure)
        } catch (_: Throwable) {
            // A log that fails leaves no place to say so.
            return
        }
    }
}
