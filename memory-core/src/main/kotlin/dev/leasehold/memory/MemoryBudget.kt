package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.budget.BudgetMessages
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.BudgetTree
import dev.leasehold.memory.internal.budget.ByteText
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.budget.Members
import dev.leasehold.memory.internal.budget.ProcessRoot
import dev.leasehold.memory.internal.budget.SoftLimit
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.platform.FlightRecording
import dev.leasehold.memory.internal.platform.ProcessTotal
import dev.leasehold.memory.internal.platform.SystemMemory
import dev.leasehold.memory.internal.platform.bytes
import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentHashMap

/**
 * A limit in bytes, nested in a parent's: what pools and managers hold from the system counts in the budget that they
 * draw on, and in every budget above it, up to the process-wide [root]. So a subsystem can have as much as its own
 * budget allows, and all of them together no more than the process may.
 *
 * Counted is what is held from the system, in whole pages: leased blocks, idle ones in caches, and quarantine alike.
 * No budget ever stands one byte above its limit. A request that would take it there makes the other pools and managers
 * below the budget that is short give their idle memory back, is tried once more, and is then refused with a
 * [BudgetExceededException].
 *
 * **Ownership.** The code that makes a budget closes it, after what draws on it. A budget that is forgotten goes with
 * the pools that draw on it.
 * **Threads.** Any.
 * **Cost.** Nothing where a thread's cache serves a request. Where memory comes from the system or goes back to it, one
 * compare-and-set for each level.
 */
public class MemoryBudget private constructor(
    /** The node of the tree that this is the outside of. */
    @get:JvmSynthetic internal val node: BudgetNode,
    /** The budget that this one's bytes count in too; null for the [root]. */
    public val parent: MemoryBudget?,
) : AutoCloseable {
    // The parent's node holds it only weakly.
    private var member: BudgetMember? = null

    private val listeners = ConcurrentHashMap<Any, SoftLimitListener>()

    /** What figures and errors call this. */
    public val name: String get() = node.name

    /** The names from the root to this one: `app › ingest › sockets`. */
    public val path: String get() = node.path

    /**
     * The most bytes that this budget may have; [Long.MAX_VALUE] when only the budgets above bound it.
     *
     * It can be changed at any time. When it is set below what is used, pools and managers give back what lies idle
     * with them before this returns; what is in use stays, and requests are refused until enough has come back.
     *
     * @throws MemoryConfigurationException when it is set to a negative number
     */
    public var limit: Long
        get() = node.limit
        set(value) {
            node.limit = checkedLimit(node.path, value)
        }

    /** How many bytes count here now. */
    public val used: Long get() = node.used

    /** The most bytes that ever counted here at once. */
    public val peak: Long get() = node.peak

    /** How many bytes can still be had: the least room of this budget and all above it. A moment's truth. */
    public val available: Long get() = node.available

    /** Whether this takes nothing more because it was closed. */
    public val isClosed: Boolean get() = node.closed

    /** The budgets that have this one as their parent, the oldest first. */
    public val children: List<MemoryBudget> get() = members().mapNotNull { (it as? Member)?.budget }

    /** The pools that draw on this budget itself, the oldest first. */
    public val pools: List<MemoryPool> get() = members().mapNotNull(MemoryPool::of)

    /** The managers that draw on this budget itself, the oldest first. */
    public val managers: List<MemoryManager> get() = members().mapNotNull(MemoryManager::of)

    private fun members() = node.members.live().mapNotNull { it.member }

    /**
     * Calls [listener] whenever [used] rises to [threshold] or past it: once for each time, and again after it has been
     * below.
     *
     * It is called on the thread whose request it was, after that has got its memory and left every lock, so it may
     * rent and close itself. By then other threads may have changed [used]; the listener is given the figure of the
     * crossing. What it throws goes to the logger `dev.leasehold.memory` and does not reach the request. A budget that
     * is already above the threshold calls when it crosses it the next time.
     *
     * **Cost.** For the crossing request what the listener takes; for all others a comparison where memory comes from
     * the system.
     *
     * @param threshold the soft limit, in bytes
     * @return ends the notification when it is closed
     * @throws MemoryConfigurationException when [threshold] is not positive, or above [limit]
     */
    @IgnorableReturnValue
    public fun onSoftLimit(threshold: Long, listener: SoftLimitListener): SoftLimitWatch {
        val refusal = BudgetMessages.threshold(node.path, threshold, limit)
        if (refusal != null) throw MemoryConfigurationException(refusal)
        // Weakly: what draws on the node must not keep a forgotten budget alive, and the figures of the node, which may
        // stay longer, no listener, nor the class loader that it came from.
        val itself = WeakReference(this)
        val key = Any()
        val soft = SoftLimit(threshold) { used -> itself.get()?.let { it.listeners[key]?.onSoftLimit(it, used) } }
        listeners[key] = listener
        node.add(soft)
        return SoftLimitWatch(node, soft, threshold) { val _ = itself.get()?.listeners?.remove(key) }
    }

    /**
     * This budget and all below it, one line each: what is used, the limit, how full that is, and the peak. All
     * figures are of one moment. Pools and managers are the leaves; bytes of leases that were transferred here stand in
     * a line of their own.
     */
    public fun toTree(): String = BudgetTree.print(node)

    /**
     * Closes the budget: it leaves the tree and takes nothing more. Closing again does nothing.
     *
     * @throws BudgetInUseException when something still draws on it: an open pool, manager or budget, or any byte;
     *   nothing has changed then
     * @throws UnsupportedOperationException on the [root], which belongs to the process
     */
    override fun close() {
        if (parent == null) throw UnsupportedOperationException(BudgetMessages.rootClose(path))
        if (!node.close()) throw BudgetInUseException(BudgetMessages.inUse(node), path, node.used)
    }

    /** Counts [node] here from now on, for [member], which must be held by what it stands for. */
    internal fun attach(node: BudgetNode, member: BudgetMember) {
        if (!this.node.members.add(node, member)) throw closedBudget(path)
        FlightRecording.expect()
    }

    /**
     * Makes room here for a lease or a block of [size] bytes, whose memory has [blockBytes], of the engine with
     * [state]; [before] is what pays for it now, if that is not the engine's own budget.
     */
    internal fun prepareTransfer(before: Charge?, state: EngineState, blockBytes: Long, size: Long): Charge {
        val leaf = state.leaf
        if (node.root !== leaf.root) {
            throw MemoryConfigurationException(BudgetMessages.ofAnotherTree(path, leaf.root.name))
        }
        if (node.closed) throw closedBudget(path)
        val charge = leaf.insist { if (before != null) before.prepareMove(node) else leaf.prepare(blockBytes, node) }
        if (charge != null) return charge
        val refusal = checkNotNull(leaf.refusal)
        val at = refusal.node
        if (at.closed) throw closedBudget(at.path)
        val what = "a ${state.owner.kind.item} of ${bytes(size)} from ${state.owner}"
        val message = BudgetMessages.notTransferred(what, refusal)
        throw BudgetExceededException(message, state.owner.name, size, at.path, refusal.limit, refusal.used)
    }

    /** The path and what is used of the limit, for logs. */
    override fun toString(): String = "MemoryBudget(${ByteText.usage(path, used, limit)})"

    /** Makes budgets, and knows the root. */
    public companion object {
        /**
         * Makes a budget: `MemoryBudget("ingest", 512.MiB, parent = app)`. The caller owns it and closes it.
         *
         * @param name what figures and errors call it
         * @param limit the most bytes that it may have; [Long.MAX_VALUE], the default, leaves it to the budgets above
         * @param parent the budget that its bytes count in too
         * @throws MemoryConfigurationException when the name is blank or the limit negative
         * @throws BudgetClosedException when the parent is closed
         */
        @JvmSynthetic
        public operator fun invoke(
            name: String,
            limit: Long = Long.MAX_VALUE,
            parent: MemoryBudget = root(),
        ): MemoryBudget = of(name, limit, parent)

        /** Makes a budget, for Java: as [MemoryBudget] in Kotlin. The caller owns it and closes it. */
        @JvmStatic
        @JvmOverloads
        public fun of(name: String, limit: Long = Long.MAX_VALUE, parent: MemoryBudget = root()): MemoryBudget {
            val budget = MemoryBudget(checkedNode(name, limit, parent.node), parent)
            val member = Member(budget)
            budget.member = member
            parent.attach(budget.node, member)
            return budget
        }

        /**
         * The budget at the top, `app`: everything that the process holds through this library counts in it.
         *
         * Its limit is the memory limit of the container that the process runs in, or, where there is none, the memory
         * of the machine: the figure that the virtual machine itself goes by
         * (`OperatingSystemMXBean.getTotalMemorySize`). When that changes, the limit follows: it is read again at the
         * first use of the root, about every ten seconds in which memory comes from the system, and a second after a
         * refusal by the root; no more once [limit] was set. The heap, the code and the threads of the process need a
         * part of that memory too: a process that means to come near the limit should set a lower one.
         *
         * A process has several copies of this library where several class loaders have loaded it, such as those of a
         * server's web applications. Each has a root of its own, and each root refuses what would take the bytes of
         * all copies together above its limit. [toTree] and the refusal show those of the others, [used] does not. What
         * lies idle in another copy is not taken back for a request of this one.
         */
        @JvmStatic
        public fun root(): MemoryBudget = Root.instance

        /** Makes the top of a tree of its own. */
        @JvmSynthetic
        internal fun rootOf(name: String, limit: Long): MemoryBudget = MemoryBudget(BudgetNode(name, limit, null), null)

        private fun checkedNode(name: String, limit: Long, parent: BudgetNode): BudgetNode {
            if (name.isBlank()) throw MemoryConfigurationException(BudgetMessages.BLANK_NAME)
            return BudgetNode(name, checkedLimit(parent.path + BudgetNode.SEPARATOR + name, limit), parent)
        }

        private fun checkedLimit(path: String, limit: Long): Long {
            if (limit < 0) throw MemoryConfigurationException(BudgetMessages.negativeLimit(path, limit))
            return limit
        }
    }

    /** What the tree knows of a budget. */
    private class Member(val budget: MemoryBudget) : BudgetMember(Members.BUDGET) {
        override val isClosed: Boolean get() = budget.isClosed
    }

    private object Root {
        val instance = MemoryBudget(ProcessRoot.make("app", ProcessTotal.find(), SystemMemory::totalBytes), null)
    }
}
