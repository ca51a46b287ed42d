package dev.leasehold.memory.internal.budget

import java.lang.ref.WeakReference
import java.util.concurrent.CopyOnWriteArrayList

/**
 * A pool, a manager or a budget, as its parent sees it. What it stands for holds it; the parent holds it weakly.
 *
 * @property kind what the printed tree calls it: `pool`, `manager` or `budget`
 */
internal abstract class BudgetMember(val kind: String) {
    /** Whether it takes no more memory. */
    abstract val isClosed: Boolean

    /** Gives idle memory back to the system. Called outside of the tree's locks, for a thread that needs it. */
    open fun giveIdleBack(): Unit = Unit

    /**
     * Has changed, once [giveIdleBack] can find something that it could not find before. It may change without that,
     * but not for ever while nothing happens but [giveIdleBack].
     */
    open val returns: Long get() = 0
}

/**
 * What draws on one node.
 *
 * A pool that was forgotten must not live on because its budget knows it, and must not take its bytes out of the
 * figures either: they are lost, but they are used. So the figures of a member (its node, some words) are held, and the
 * member itself only weakly. A member that is closed or forgotten, and charged with nothing, goes at the next look.
 */
internal class Members {
    /** The figures of one member, in [node], and the member, null once it was forgotten. */
    class Entry(val node: BudgetNode, member: BudgetMember) {
        private val reference = WeakReference(member)
        private val kind: String = member.kind

        // What the member's returns were before its idle memory was last taken back.
        @Volatile
        private var searchedAt = NEVER

        val member: BudgetMember? get() = reference.get()

        /** Whether all that is idle was taken back, and nothing has come to it since. */
        val isSearched: Boolean get() = member.let { it == null || it.returns == searchedAt }

        /** Takes idle memory back from the member itself; false when there can be none. */
        fun search(): Boolean {
            val found = member ?: return false
            val before = found.returns
            if (before == searchedAt) return false
            found.giveIdleBack()
            searchedAt = before
            return true
        }

        /** Whether nothing remains to be shown. */
        val isGone: Boolean get() = node.isIdle && member?.isClosed != false

        /** `pool 'orders'`, for messages. */
        fun describe(): String = "$kind '${node.name}'"

        /** The line of the printed tree: `pool orders (closed)`. */
        fun label(): String {
            val state = when (member?.isClosed) {
                null -> " (forgotten)"
                true -> " (closed)"
                false -> ""
            }
            return (if (kind == BUDGET) "" else "$kind ") + node.name + state
        }
    }

    private val all = CopyOnWriteArrayList<Entry>()
    private var shut = false

    /** Adds [member], whose figures are in [node]; false when no more members are taken. */
    fun add(node: BudgetNode, member: BudgetMember): Boolean = synchronized(this) {
        all.removeIf(Entry::isGone)
        if (!shut) all.add(Entry(node, member))
        !shut
    }

    fun remove(node: BudgetNode) {
        synchronized(this) { all.removeIf { it.node === node } }
    }

    /** Takes no more members if there are none and [isIdle]; returns whether that is so. */
    fun closeIf(isIdle: () -> Boolean): Boolean = synchronized(this) {
        if (live().isEmpty() && isIdle()) shut = true
        shut
    }

    /** What draws on the node now, the oldest first. */
    fun live(): List<Entry> {
        synchronized(this) { all.removeIf(Entry::isGone) }
        return all.toList()
    }

    /**
     * Takes idle memory back from all pools and managers at the node and below it that may have some, but for that of
     * [except]; false when none may.
     */
    fun reclaim(except: BudgetNode?): Boolean {
        var any = false
        for (entry in live()) {
            if (entry.node === except) continue
            any = entry.search() or any
            any = entry.node.members.reclaim(except) or any
        }
        return any
    }

    /** Whether nothing has come back since the last [reclaim] that this could find. */
    fun areSearched(except: BudgetNode?): Boolean =
        all.all { it.node === except || (it.isSearched && it.node.members.areSearched(except)) }

    companion object {
        /** The kind of a member that is a budget itself. */
        const val BUDGET: String = "budget"

        private const val NEVER = -1L
    }
}
