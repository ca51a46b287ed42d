package dev.leasehold.memory.internal.budget

import java.util.concurrent.atomic.AtomicLong

/*
 * A tree of byte limits, from which any number of threads reserve at once.
 *
 * A reservation counts at its leaf and at every node above, up to the root. It goes from the leaf up, one
 * compare-and-set a level, and each of them keeps its own node's limit: so no reader ever finds a node above its limit.
 * When a level refuses, what was added below it is taken back.
 *
 * That alone refuses too much. Say the root has 5 bytes left and the node P has 10:
 *
 *     A wants 10 of P        B wants 5 of P
 *     adds 10 to P
 *                            finds P full: refused
 *     finds the root short
 *     takes 10 back from P
 *
 * A could never have had its 10, so nothing stood in the way of B's 5. A release that is halfway up does the same. And
 * a soft limit would report a crossing that never was. So there are two ways through the gate of a tree:
 *
 *   together   any number of threads add where *every* level has room and no soft limit is crossed, and subtract.
 *              Nothing is decided here but success. A thread that meets a level that is short takes back what it
 *              added, and goes on to:
 *   alone      no other thread is on the way, so there are no half-done additions and no half-done releases. All levels
 *              are looked at, and then all are changed, or none is: a refusal is the truth, and names figures that
 *              were true together.
 *
 * Refusals, limits that change, soft limits that are crossed and transfers go alone, all of them rare; what the pools
 * do all day (a slab from the system, a slab back to it) goes together. Success takes effect when it adds to the root,
 * refusal while it is alone. An addition that is taken back later was never above a limit and never crossed a soft
 * limit, for both are checked in the very compare-and-set; it shows in [used] for that moment, and in no other way.
 *
 * Limits change alone, so a thread inside may read one and act on it: no reservation by the old limit can succeed after
 * the call that set the new one has returned.
 *
 * The peak is the highest that the used bytes ever stood. It is raised after the addition, so a reader may see the
 * bytes a moment before the peak; [peak] returns the greater of both.
 *
 * Nothing on the way together allocates: a reservation or a release cannot stop halfway because the heap is full.
 *
 * Rejected: retrying a refusal some times (how often is enough?); counting half-done additions apart at each level and
 * waiting for them (a second pass of compare-and-sets after every success, and releases remain); an immutable record of
 * limit and used bytes for each node (three objects a reservation, and a release that can fail); a lock for the tree
 * (every slab of every pool of the process behind one lock, though a refusal is rare).
 */
internal open class BudgetNode protected constructor(
    val name: String,
    limit: Long,
    val parent: BudgetNode?,
    private val bytes: AtomicLong,
) {
    constructor(name: String, limit: Long, parent: BudgetNode?) : this(name, limit, parent, AtomicLong())

    /** One for the whole tree. */
    val gate: Gate = parent?.gate ?: Gate()

    private val depth: Int = if (parent == null) 0 else parent.depth + 1
    private val highest = AtomicLong()
    private val direct = AtomicLong()

    @Volatile
    private var bound = limit

    @Volatile
    private var softLimits = emptyArray<SoftLimit>()

    /** Whether this takes nothing more, ever. */
    @Volatile
    var closed = false
        private set

    /** What draws on this node: nodes of its own, which are other budgets, pools and managers. */
    val members = Members()

    /** Who waits for room here. */
    val roomWait = RoomWait(this)

    val used: Long get() = bytes.get()

    val peak: Long get() = maxOf(used, highest.get())

    /** How many bytes take room here that are none of [used]: those of other copies of this library, at the root. */
    open val outside: Long get() = 0

    /** How many of the [used] bytes are no member's: charges that were moved here. */
    val ownBytes: Long get() = direct.get()

    /** Whether nothing is charged here, nor will come back to here. */
    open val isIdle: Boolean get() = used == 0L

    /**
     * The most that this and all above it may have. When it is lowered below [used], what is idle goes back, and what
     * is in use stays.
     */
    open var limit: Long
        get() = bound
        set(value) {
            gate.alone { bound = value }
            limitChanged()
        }

    /** Takes idle memory back that is above a limit which was lowered, and serves those who waited for a higher one. */
    protected fun limitChanged() {
        val now = bound
        if (used > now) members.reclaimAbove(now) { used }
        tellRoom()
    }

    /** Has those served that wait for room here or above. Outside of the gate. */
    fun tellRoom(): Unit = upTo(null) { it.roomWait.roomCame() }

    /** Sets the limit. Alone in the gate. */
    protected fun follow(limit: Long) {
        bound = limit
    }

    /** Claims [more] bytes where others count as well; false when those leave no room. Allocates nothing. */
    protected open fun claim(more: Long): Boolean = true

    /** Ends a [claim] of [fewer] bytes. */
    protected open fun unclaim(fewer: Long): Unit = Unit

    /** Called when this refuses. */
    protected open fun refusing(): Unit = Unit

    private fun room(seen: Long) = bound - seen - outside

    val root: BudgetNode get() = parent?.root ?: this

    /** The names from the root to here. */
    val path: String get() = if (parent == null) name else parent.path + SEPARATOR + name

    /** The least room on the way to the root; 0 when a level is at or above its limit. */
    val available: Long
        get() {
            var least = Long.MAX_VALUE
            upTo(null) { least = minOf(least, it.room(it.used)) }
            return maxOf(0, least)
        }

    /**
     * The lowest node from here up that has no room for [more] bytes, if no other than this one could give bytes back
     * there: it has none, or all that was idle there has been taken. Null when there is none such. A moment's truth.
     */
    fun surelyFull(more: Long): BudgetNode? {
        upTo(null) { node ->
            val seen = node.used
            if (more > node.room(seen)) {
                node.refusing()
                return node.takeIf { seen == used || node.members.areSearched(except = this) }
            }
        }
        return null
    }

    /** The least limit on the way to the root. */
    val leastLimit: Long
        get() {
            var least = Long.MAX_VALUE
            upTo(null) { least = minOf(least, it.bound) }
            return least
        }

    /**
     * Adds [more] bytes here and on every level above; null when that went without a refusal or a crossing, else what
     * was decided.
     */
    fun reserve(more: Long): Decision? {
        if (gate.together { addQuietly(more) }) return null
        return gate.alone { decide(more, until = null) }
    }

    /** Takes [fewer] bytes away, here and on every level above. */
    fun giveBack(fewer: Long) {
        gate.together { subtract(fewer, until = null) }
        tellRoom()
    }

    private fun addQuietly(more: Long): Boolean {
        // Only looks, so that a request that must fail disturbs no other.
        upTo(null) { if (!it.takesQuietly(more, it.used)) return false }
        upTo(null) { node ->
            if (!node.add(more)) {
                subtract(more, until = node)
                return false
            }
        }
        return true
    }

    private fun add(more: Long): Boolean {
        if (!claim(more)) return false
        while (true) {
            val seen = bytes.get()
            if (!countsQuietly(more, seen)) {
                unclaim(more)
                return false
            }
            if (bytes.compareAndSet(seen, seen + more)) {
                raisePeak(seen + more)
                return true
            }
        }
    }

    private fun takesQuietly(more: Long, seen: Long) = more <= room(seen) && countsQuietly(more, seen)

    private fun countsQuietly(more: Long, seen: Long) =
        !closed && more <= bound - seen && softLimits.none { it.isCrossed(seen, seen + more) }

    /** [reserve] of the levels below [until]. Alone in the gate. */
    fun decide(more: Long, until: BudgetNode?): Decision {
        upTo(until) { if (it.closed || more > it.room(it.used)) return it.refused(more) }
        // Made before anything changes: the heap may be full.
        val decision = Decision(crossingsOf(more, until))
        // The root's, if anyone's, which comes last.
        upTo(until) { if (!it.claim(more)) return it.refused(more) }
        upTo(until) { it.raisePeak(it.bytes.addAndGet(more)) }
        return decision
    }

    private fun refused(more: Long): Decision {
        refusing()
        return Decision(BudgetRefusal(this, more))
    }

    private fun crossingsOf(more: Long, until: BudgetNode?): List<Crossing> {
        var found = emptyList<Crossing>()
        upTo(until) { node ->
            val before = node.used
            for (soft in node.softLimits) {
                if (soft.isCrossed(before, before + more)) found += Crossing(soft, node, before + more)
            }
        }
        return found
    }

    private fun raisePeak(now: Long) {
        while (true) {
            val seen = highest.get()
            if (now <= seen || highest.compareAndSet(seen, now)) return
        }
    }

    /** Takes [fewer] bytes away from the levels below [until]. Inside the gate. */
    fun subtract(fewer: Long, until: BudgetNode?) = upTo(until) { node ->
        check(node.bytes.addAndGet(-fewer) >= 0) { "budget '${node.name}': $fewer bytes came back that were not out" }
        node.unclaim(fewer)
    }

    /** Counts [more] bytes, which may be negative, as charged to this node itself. Inside the gate. */
    fun addOwn(more: Long) {
        direct.addAndGet(more)
    }

    /** The lowest node that is above both this and [other], or is one of them. */
    fun commonWith(other: BudgetNode): BudgetNode {
        var mine: BudgetNode = this
        var theirs = other
        while (mine !== theirs) {
            if (mine.depth >= theirs.depth) mine = mine.above() else theirs = theirs.above()
        }
        return mine
    }

    private fun above(): BudgetNode = checkNotNull(parent) { "budget '$name' is in another tree" }

    /** Runs [action] on this and each node above it, below [until]. */
    private inline fun upTo(until: BudgetNode?, action: (BudgetNode) -> Unit) {
        var node: BudgetNode? = this
        while (node != null && node !== until) {
            action(node)
            node = node.parent
        }
    }

    fun add(soft: SoftLimit) = gate.alone { softLimits += soft }

    fun remove(soft: SoftLimit) = gate.alone { softLimits = softLimits.filter { it !== soft }.toTypedArray() }

    /** Takes nothing more from now on; false when something draws on this, and then nothing has changed. */
    fun close(): Boolean {
        val done = gate.alone { members.closeIf { used == 0L }.also { if (it) closed = true } }
        if (done) parent?.members?.remove(this)
        return done
    }

    companion object {
        const val SEPARATOR: String = " › "
    }
}

/** What was decided alone: the node that refused, and then nothing has changed, or which soft limits were crossed. */
internal class Decision private constructor(val refusal: BudgetRefusal?, val crossings: List<Crossing>) {
    constructor(refusal: BudgetRefusal) : this(refusal, emptyList())
    constructor(crossings: List<Crossing>) : this(null, crossings)
}

/** That [node] refused [requested] bytes, with its figures of that moment. */
internal class BudgetRefusal(val node: BudgetNode, val requested: Long) {
    val limit: Long = node.limit
    val used: Long = node.used
    private val outside: Long = node.outside

    /** Whether the node has more room by now. */
    val isOver: Boolean get() = node.used < used || node.limit > limit || node.outside < outside

    override fun toString(): String = ByteText.refusal(node.path, used, limit, requested, outside)
}
