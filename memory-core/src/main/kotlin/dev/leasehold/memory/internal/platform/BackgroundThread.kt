package dev.leasehold.memory.internal.platform

import java.util.PriorityQueue
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * One thread that runs tasks when they are due, one after the other. It exists while there are tasks and for
 * [idleNanos] nanoseconds longer; the next task starts another.
 *
 *     submit, untilDone, schedule, every ──▶ queue, by due time ──▶ the thread ──▶ done
 *                                              ▲                         │
 *                                              └── not done: the pause ◀─┘
 *
 * A single lock guards the queue and whether there is a thread, so no task is left behind by a thread that ends: either
 * the thread finds the task, or the caller finds no thread. No task runs under the lock.
 *
 * @param newThread makes the thread; it is started here
 */
internal class BackgroundThread(
    private val idleNanos: Long,
    private val firstPauseNanos: Long,
    private val longestPauseNanos: Long,
    private val newThread: (Runnable) -> Thread,
) {
    /** What to run, until it returns true; [pause] is the time until it is run again, in nanoseconds. */
    private class Task(val key: Any?, val pause: () -> Long, val run: () -> Boolean) {
        var due = 0L
        var number = 0L
        var isCancelled = false
    }

    private val lock = ReentrantLock()
    private val change = lock.newCondition()
    private val queue = PriorityQueue(::inOrder)
    private val keyed = HashMap<Any, Task>()
    private var thread: Thread? = null
    private var added = 0L

    /** Runs [task] soon. */
    fun submit(task: () -> Unit): Unit = add(once(task), 0)

    /**
     * Runs [task] until it returns true: soon, and then with pauses that double up to the longest. A task that throws
     * is over. While a task of an equal [key] waits, no other is added, but that one is run soon.
     */
    fun untilDone(key: Any, task: () -> Boolean): Unit =
        add(Task(key, BackOff(firstPauseNanos, longestPauseNanos)::next, task), 0)

    /** Runs [task] once, [delayNanos] nanoseconds from now, unless what is returned is closed before. */
    fun schedule(delayNanos: Long, task: () -> Unit): AutoCloseable = cancellable(once(task), delayNanos)

    /** Runs [task] after each [periodNanos] nanoseconds, also after it has thrown, until what is returned is closed. */
    fun every(periodNanos: Long, task: () -> Unit): AutoCloseable {
        val repeated = Task(null, { periodNanos }) {
            guarded(task)
            false
        }
        return cancellable(repeated, periodNanos)
    }

    private fun once(task: () -> Unit) = Task(null, { 0 }) {
        task()
        true
    }

    private fun cancellable(task: Task, delayNanos: Long): AutoCloseable {
        add(task, delayNanos)
        return AutoCloseable { cancel(task) }
    }

    private fun add(task: Task, delayNanos: Long) {
        val failure = lock.withLock {
            val waiting = if (task.key == null) null else keyed.putIfAbsent(task.key, task)
            if (waiting == null) enqueue(task, delayNanos) else hasten(waiting)
            start()
        }
        if (failure != null) report("no thread could be started; the next task tries again", failure)
    }

    private fun cancel(task: Task): Unit = lock.withLock {
        task.isCancelled = true
        if (queue.remove(task)) change.signal()
    }

    private fun enqueue(task: Task, delayNanos: Long) {
        task.due = System.nanoTime() + delayNanos.coerceIn(0, FOREVER_NANOS)
        task.number = added++
        queue.add(task)
        if (queue.peek() === task) change.signal()
    }

    private fun hasten(task: Task) {
        if (task.due - System.nanoTime() <= 0) return
        queue.remove(task)
        enqueue(task, 0)
    }

    /** Starts the thread if there is none. Returns what prevented that. */
    private fun start(): Throwable? {
        if (thread != null) return null
        return try {
            thread = newThread(::run).also(Thread::start)
            null
        } catch (failure: Throwable) {
            failure
        }
    }

    private fun run() {
        try {
            while (true) perform(next() ?: return)
        } finally {
            lock.withLock { if (thread === Thread.currentThread()) thread = null }
        }
    }

    /** Waits until a task is due, and takes it. Returns null after a time without any: then this thread has to end. */
    private fun next(): Task? = lock.withLock {
        val idleEnd = System.nanoTime() + idleNanos
        while (left(idleEnd) > 0) await(left(idleEnd))
        val task = queue.poll()
        if (task == null) thread = null else keyed.remove(task.key)
        task
    }

    /** The time to the first task or, without one, to [idleEnd]. */
    private fun left(idleEnd: Long) = (queue.peek()?.due ?: idleEnd) - System.nanoTime()

    private fun await(nanos: Long) {
        try {
            change.awaitNanos(nanos)
        } catch (_: InterruptedException) {
            // A task left the interrupt behind. Only a lack of tasks ends this thread.
            return
        }
    }

    private fun perform(task: Task): Unit = guarded { if (!task.run()) again(task) }

    /** Puts [task] back, unless it was cancelled, or another with its key was added while it ran. */
    private fun again(task: Task): Unit = lock.withLock {
        if (task.isCancelled || (task.key != null && keyed.putIfAbsent(task.key, task) != null)) return
        enqueue(task, task.pause())
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
            // A log that fails leaves no place to say so, and must not end the thread either.
            return
        }
    }

    private companion object {
        /** Far enough away, and no sum with a time overflows. */
        const val FOREVER_NANOS = Long.MAX_VALUE / 4

        fun inOrder(one: Task, other: Task): Int {
            val later = (one.due - other.due).compareTo(0)
            return if (later != 0) later else one.number.compareTo(other.number)
        }
    }
}
