package dev.leasehold.memory.internal.budget

import java.lang.ref.WeakReference

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

    /**
     * Whether others wait for room that what is given back here would make: then it goes to the system at once, past
     * everything that would keep it. Called outside of every lock.
     */
    open fun lend(isWanted: Boolean): Unit = Unit

    /** Who holds its memory, as far as that is watched. */
    open val holdings: List<Holding> get() = emptyList()

    /** There may be room above: serves the requests that wait for it. Called outside of every lock. */
    open fun roomCame(): Unit = Unit
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

        /** What the member is called: `pool`, `manager` or `budget`. */
        val kind: String = member.kind

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

    // In the order in which they came. A member comes and goes in the same few steps, however many there are.
    private val all = LinkedHashMap<BudgetNode, Entry>()
    private var sweepAt = FIRST_SWEEP
    private var shut = false

    // What [live] returned last, as long as nothing has come or gone.
    @Volatile
    private var listed: List<Entry>? = null

    /** Adds [member], whose figures are in [node]; false when no more members are taken. */
    fun add(node: BudgetNode, member: BudgetMember): Boolean = synchronized(this) {
        if (all.size >= sweepAt) {
            sweep()
            sweepAt = maxOf(FIRST_SWEEP, 2 * all.size)
        }
        if (!shut) {
            all[node] = Entry(node, member)
            listed = null
        }
        !shut
    }

    private fun sweep() {
        if (all.values.removeIf(Entry::isGone)) listed = null
    }

    fun remove(node: BudgetNode) {
        synchronized(this) { if (all.remove(node) != null) listed = null }
    }

    /** Takes no more members if there are none and [isIdle]; returns whether that is so. */
    fun closeIf(isIdle: () -> Boolean): Boolean = synchronized(this) {
        if (live().isEmpty() && isIdle()) shut = true
        shut
    }

    /** What draws on the node now, the oldest first. */
    fun live(): List<Entry> = synchronized(this) {
        sweep()
        entries()
    }

    private fun entries(): List<Entry> = listed ?: synchronized(this) { ArrayList(all.values).also { listed = it } }

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

    /** Takes idle memory back from one member after the other, until what is [used] is at [limit]. */
    fun reclaimAbove(limit: Long, used: () -> Long) {
        for (entry in live()) {
            if (used() <= limit) return
            val _ = entry.search()
            entry.node.members.reclaimAbove(limit, used)
        }
    }

    /** Whether nothing has come back since the last [reclaim] that this could find. */
    fun areSearched(except: BudgetNode?): Boolean =
        entries().all { it.node === except || (it.isSearched && it.node.members.areSearched(except)) }

    /** Runs [action] on every member at the node and below it that is still there. */
    fun forEachBelow(action: (BudgetMember) -> Unit) {
        for (entry in entries()) {
            entry.member?.let(action)
            entry.node.members.forEachBelow(action)
        }
    }

    companion object {
        /** The kind of a member that is a budget itself. */
        const val BUDGET: String = "budget"

        private const val NEVER = -1L
        private const val FIRST_SWEEP = 16
    }
}
