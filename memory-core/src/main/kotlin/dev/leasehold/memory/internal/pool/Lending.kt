package dev.leasehold.memory.internal.pool

import dev.leasehold.memory.internal.engine.WaitCounts
import java.lang.ref.WeakReference
import java.util.concurrent.CopyOnWriteArrayList

/** What lends a pool's memory on, in a line of its own: a suspending pool, as the lists of the pool have it. */
internal interface Lending {
    /** Whether it lends no more. */
    val isClosed: Boolean

    /** How many bytes may be out, as they were requested. */
    val capacity: Long

    /** How many bytes are out. */
    val used: Long

    /** How many requests wait in its line now. */
    val waiters: Int

    /** How requests have waited in its line. */
    val waits: WaitCounts
}

/** What lends one pool's memory on. It is held only weakly. Any thread. */
internal class LendingList {
    private val all = CopyOnWriteArrayList<WeakReference<Lending>>()

    /** Adds [lending], as long as that is there. */
    fun add(lending: Lending) {
        all.removeIf { reference -> reference.get().let { it == null || isOver(it) } }
        all.add(WeakReference(lending))
    }

    /** All that lend, or have lent something that is still out, the oldest first. */
    fun live(): List<Lending> = all.mapNotNull { it.get() }.filterNot(::isOver)

    private fun isOver(lending: Lending) = lending.isClosed && lending.used == 0L
}
