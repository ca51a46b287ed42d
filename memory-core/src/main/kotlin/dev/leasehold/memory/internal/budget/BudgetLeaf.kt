package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.Events
import java.util.WeakHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicLong

/**
 * The bytes that one pool or manager holds from the system: a leaf of the tree of budgets, with a limit of its own.
 * Never one byte above that limit or any above it. Exact from any number of threads.
 *
 * [tryReserve] is called under the lock of the pool's store, where no foreign code may run. So what else a reservation
 * decides (a soft limit was crossed, a budget above refused) waits here for the requesting thread until that has left
 * every lock: [insist] and [deliver].
 */
internal class BudgetLeaf(name: String, limit: Long, parent: BudgetNode?) : BudgetNode(name, limit, parent) {
    private class Pending(val crossing: Crossing, val thread: Thread)

    private val pending = ConcurrentLinkedQueue<Pending>()

    @Volatile
    private var anyRefused = false
    private val refusals = WeakHashMap<Thread, BudgetRefusal>()
    private val most = AtomicLong()
    private val elsewhere = AtomicLong()

    // Charges that have ended and could not come back. Only touched alone in the gate.
    private var debts: Debt? = null

    // Bytes that are charged here and set aside for transfers that have been prepared. Likewise.
    private var aside = 0L

    // For whom the store's lock is held, when that is not the thread that holds it. Under that lock.
    private var beneficiary: Thread? = null

    /** Bytes held from the system, also those that are charged to another budget meanwhile. */
    val reserved: Long get() = used + elsewhere.get()

    /** Bytes held from the system but charged to another budget: of leases that were moved there, and of debts. */
    val transferred: Long get() = elsewhere.get()

    /** The most that [reserved] ever was. */
    val mostReserved: Long get() = maxOf(reserved, most.get())

    override val isIdle: Boolean get() = used == 0L && elsewhere.get() == 0L

    /** Adds [more] bytes, or returns false and changes nothing when a limit here or above stops that. */
    fun tryReserve(more: Long): Boolean {
        val decision = reserve(more)
        val refusal = decision?.refusal
        if (refusal != null) {
            remember(requester(), refusal)
            return false
        }
        if (decision != null) expectDelivery(decision, more)
        raiseMost()
        return true
    }

    private fun expectDelivery(decision: Decision, reserved: Long) {
        try {
            for (crossing in decision.crossings) pending.add(Pending(crossing, requester()))
        } catch (full: OutOfMemoryError) {
            release(reserved)
            throw full
        }
    }

    private fun raiseMost() {
        val now = reserved
        while (true) {
            val seen = most.get()
            if (now <= seen || most.compareAndSet(seen, now)) return
        }
    }

    /** Takes [fewer] bytes away: from budgets that this owes something first. */
    fun release(fewer: Long) {
        val quietly = gate.together {
            val nothingOwed = debts == null
            if (nothingOwed) subtract(fewer, until = null)
            nothingOwed
        }
        if (!quietly) gate.alone { releaseOwed(fewer) }
        tellRoom()
    }

    private fun releaseOwed(fewer: Long) {
        var left = fewer
        while (left > 0) {
            val debt = debts ?: break
            val paid = minOf(left, debt.bytes)
            take(debt, paid)
            debt.payer.subtract(paid, until = null)
            debt.payer.addOwn(-paid)
            left -= paid
            elsewhere.addAndGet(-paid)
        }
        subtract(left, until = null)
    }

    /**
     * Moves the charge of [bytes] of what this holds to [to]: null when that, or a node between it and what is above
     * both, has no room; then nothing has changed. What is above both is not touched, so nothing is counted twice
     * there. May be called by any thread that holds no lock of ours: listeners of soft limits are called from here.
     */
    fun transfer(bytes: Long, to: BudgetNode): Charge? = prepare(bytes, to)?.also(Charge::commit)

    /**
     * The first half of [transfer], which the caller ends with [Charge.commit] or [Charge.cancel]; neither can fail.
     */
    fun prepare(bytes: Long, to: BudgetNode): Charge? = Charge.prepare(this, null, bytes, to)

    /** Notes the refusal for which [prepare] returned null. */
    fun refusedTo(refusal: BudgetRefusal) = remember(Thread.currentThread(), refusal)

    /** Notes that [node], this one or one above, has refused [more] bytes again. */
    fun refusedAgain(node: BudgetNode?, more: Long) {
        if (node == null || node === this) forgetRefusal() else refusedTo(BudgetRefusal(node, more))
        if (node != null) Events.tell { it.refused(node::path, more, node.limit, node.used) }
    }

    private fun remember(thread: Thread, refusal: BudgetRefusal) {
        anyRefused = true
        synchronized(refusals) { refusals[thread] = refusal }
    }

    // ---- alone in the gate ----

    /** How many of the bytes charged here no transfer counts on. */
    val free: Long get() = used - aside

    /** Keeps [bytes], which may be negative, from other transfers. */
    fun setAside(bytes: Long) {
        aside += bytes
    }

    /** Counts [bytes] that were set aside as charged elsewhere. */
    fun moveElsewhere(bytes: Long) {
        aside -= bytes
        elsewhere.addAndGet(bytes)
    }

    /** Counts [bytes], which may be negative, as charged elsewhere. */
    fun addElsewhere(bytes: Long) {
        elsewhere.addAndGet(bytes)
    }

    /** Owes [bytes] more to [debt]'s payer, which pays for them already. */
    fun owe(debt: Debt, bytes: Long) {
        if (debt.bytes == 0L) {
            debt.next = debts
            debts = debt
        }
        debt.bytes += bytes
    }

    /** Owes [bytes] less to [debt]'s payer. */
    fun take(debt: Debt, bytes: Long) {
        debt.bytes -= bytes
        if (debt.bytes > 0) return
        if (debts === debt) {
            debts = debt.next
        } else {
            var before = debts
            while (before != null && before.next !== debt) before = before.next
            before?.next = debt.next
        }
        debt.next = null
    }

    /** Runs [action] on each debt, the newest first. */
    inline fun forEachDebt(action: (Debt) -> Unit) {
        var debt = debts
        while (debt != null) {
            action(debt)
            debt = debt.next
        }
    }

    // ---- under the lock of the store ----

    /** Runs [action], under the lock of the store, for a request of [thread]. */
    inline fun <R> onBehalfOf(thread: Thread, action: () -> R): R {
        val before = swapBeneficiary(thread)
        try {
            return action()
        } finally {
            val mine = swapBeneficiary(before)
            check(mine === thread)
        }
    }

    private fun swapBeneficiary(thread: Thread?): Thread? = beneficiary.also { beneficiary = thread }

    private fun requester(): Thread = beneficiary ?: Thread.currentThread()

    // ---- outside of every lock ----

    /** What refused the calling thread's last request, if anything did since its last [insist] began. */
    val refusal: BudgetRefusal? get() = refusalOf(Thread.currentThread())

    /** What refused the last request of [thread]. */
    fun refusalOf(thread: Thread): BudgetRefusal? = synchronized(refusals) { refusals[thread] }

    /** [refusal], where it was a budget's and not this leaf's own limit. */
    val refusalAbove: BudgetRefusal? get() = refusal?.takeIf { it.node !== this }

    /**
     * Runs [request]; when a budget above refused it, takes idle memory back from all others below that one, and runs
     * it once more. The listeners of crossed soft limits are called at the end.
     */
    inline fun <T : Any> insist(request: () -> T?): T? {
        forgetRefusal()
        try {
            return request() ?: (if (reclaim()) request() else null) ?: finallyRefused()
        } finally {
            deliver()
        }
    }

    private fun finallyRefused(): Nothing? {
        Events.tell { events ->
            refusal?.let { events.refused(it.node::path, it.requested, it.limit, it.used) }
        }
        return null
    }

    fun forgetRefusal(thread: Thread = Thread.currentThread()) {
        if (anyRefused) synchronized(refusals) { refusals.remove(thread) }
    }

    /**
     * Takes idle memory back from all others below the budget that refused the calling thread; false when none did, or
     * nothing can have come back to it since: then another request would be refused as well.
     */
    fun reclaim(): Boolean {
        val refused = refusalAbove ?: return false
        // Another thread may just have taken back what this one would have found.
        return refused.node.members.reclaim(except = this) || refused.isOver
    }

    /** Notifies of the soft limits that the calling thread has crossed; costs a read when there are none. */
    fun deliver() {
        if (!pending.isEmpty()) deliverPending()
    }

    private fun deliverPending() {
        val me = Thread.currentThread()
        try {
            for (item in pending) {
                if ((item.thread === me || !item.thread.isAlive) && pending.remove(item)) item.crossing.notifyListener()
            }
        } catch (_: VirtualMachineError) {
            // The request has its memory, and must not fail for want of heap or stack: the next one delivers.
            return
        }
    }
}
