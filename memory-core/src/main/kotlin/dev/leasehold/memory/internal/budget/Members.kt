package dev.leasehold.memory.internal.budget

import java.lang.ref.WeakReference
import java.util.concurrent.CopyOnWriteArrayList

/** A pool or a manager, as the budget that it draws on sees it. Held by the pool, and only weakly by the budget. */
internal interface Drawer {
    /** What the tree calls it: `pool`, `manager`. */
    val kind: String

    /** The pool or the manager itself. */
    val owner: Any

    /** Whether it draws no more, but for what it still holds. */
    val isClosed: Boolean

    /**
     * Gives idle memory back to the system. Called outside of every lock of the tree, on the thread of whoever is
     * short.
     */
    fun giveIdleBack()
}

/**
 * What draws on one node.
 *
 * A pool that was forgotten must not live on because its budget knows it, and must not take its bytes out of the
 * figures either: they are lost, but they are used. So the figures of a member (its node, some words) are held, and the
 * member itself only weakly. A member that is closed or forgotten, and charged with nothing, goes at the next look.
 */
internal class Members {
    /** One member: the figures of [node], and what they belong to. */
    class Member(val node: BudgetNode, handle: Any) {
        private val handle = WeakReference(handle)

        val drawer: Drawer? get() = handle.get() as? Drawer

        /** The pool, the manager or the budget; null when it was forgotten. */
        val owner: Any? get() = handle.get().let { if (it is Drawer) it.owner else it }

        val isClosed: Boolean get() = drawer?.isClosed ?: node.closed

        /** Whether it is over with this, and nothing remains to be shown. */
        val isGone: Boolean get() = node.isIdle && (owner == null || isClosed)

        val kind: String = if (handle is Drawer) handle.kind else "budget"
    }

    private val all = CopyOnWriteArrayList<Member>()
    private var shut = false

    /** Adds [member], whose figures are in [of]; false when the node is closed. [member] must hold itself. */
    fun add(of: BudgetNode, member: Any): Boolean = synchronized(this) {
        all.removeIf(Member::isGone)
        if (!shut) all.add(Member(of, member))
        !shut
    }

    fun remove(of: BudgetNode) {
        synchronized(this) { all.removeIf { it.node === of } }
    }

    /** Takes no more members, if there are none and [isIdle]; answers whether. */
    fun closeIf(isIdle: () -> Boolean): Boolean = synchronized(this) {
        if (live().isEmpty() && isIdle()) shut = true
        shut
    }

    /** Those that draw on the node now, the oldest first. */
    fun live(): List<Member> {
        synchronized(this) { all.removeIf(Member::isGone) }
        return all.toList()
    }

    /**
     * Asks all pools and managers at the node and below it, but for the one whose figures are [except], for their idle
     * memory.
     */
    fun reclaim(except: BudgetNode?) {
        for (member in live()) {
            if (member.node === except) continue
            member.drawer?.giveIdleBack()
            member.node.members.reclaim(except)
        }
    }
}
