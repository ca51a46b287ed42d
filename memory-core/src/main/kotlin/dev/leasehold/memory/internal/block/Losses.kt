package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.age
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong

/**
 * What was lost: leases and blocks that became garbage before they were closed. Counted by the place that took them;
 * the first of each place goes to the log with a line that begins with `LEAK:`. Any thread.
 */
internal object Losses {
    /** All that came from one place, under one tag, of one pool or manager. */
    class Group(val owner: Owner, val tag: String?, val site: Site) {
        private val announced = AtomicBoolean()
        private val counted = AtomicLong()
        private val summed = AtomicLong()
        private val returned = AtomicLong()

        val count: Long get() = counted.get()
        val bytes: Long get() = summed.get()

        /** How many of the [bytes] have gone back. */
        val bytesBack: Long get() = returned.get()

        /** Whether it was not said yet that something is lost here. */
        fun announce(): Boolean = announced.compareAndSet(false, true)

        fun add(size: Long, isBack: Boolean) {
            summed.addAndGet(size)
            if (isBack) returned.addAndGet(size)
            counted.incrementAndGet()
        }
    }

    /** One loss, for those who listen. */
    class Loss(val trace: Trace, val isBack: Boolean, val group: Group)

    private data class Key(val owner: String, val tag: String?, val site: Site)

    private val groups = ConcurrentHashMap<Key, Group>()
    private val listeners = CopyOnWriteArrayList<(Loss) -> Unit>()

    // Beyond that many places new ones are logged, and not counted.
    private const val MOST_GROUPS = 10_000
    private const val NANOS_PER_MILLI = 1_000_000

    fun add(trace: Trace, isBack: Boolean) {
        val group = groupOf(trace)
        // First: what is counted was said. Also where the heap is full, it is counted.
        try {
            if (group.announce()) Log.warn(report(trace, isBack))
        } finally {
            group.add(trace.size, isBack)
        }
        Events.tell { it.lost(trace.owner.name, trace.size, trace.age / NANOS_PER_MILLI, trace.site.toString()) }
        val loss = Loss(trace, isBack, group)
        for (listener in listeners) {
            try {
                listener(loss)
            } catch (failure: Throwable) {
                Log.error("a listener for lost memory failed", failure)
            }
        }
    }

    private fun groupOf(trace: Trace): Group {
        val key = Key(trace.owner.toString(), trace.tag, trace.site)
        val fresh = Group(trace.owner, trace.tag, trace.site)
        return if (groups.size < MOST_GROUPS) groups.getOrPut(key) { fresh } else groups[key] ?: fresh
    }

    private fun report(trace: Trace, isBack: Boolean): String {
        val fate = if (isBack) "its bytes have gone back" else "its bytes stay out"
        return "LEAK: $trace was never closed; ${trace.origin()}, ${age(trace.age)} ago; $fate; others from there " +
            "are counted and not logged: close it where it is no longer used, with use { } or try and finally"
    }

    /** All places so far, what lost the most bytes first. */
    fun groups(): List<Group> = groups.values.sortedByDescending { it.bytes }

    /** Lets [listener] know of every loss, on a thread of the library, until what is returned is closed. */
    fun listen(listener: (Loss) -> Unit): AutoCloseable {
        // So that one that is added twice is two.
        val own: (Loss) -> Unit = { listener(it) }
        listeners.add(own)
        return AutoCloseable { listeners.remove(own) }
    }
}
