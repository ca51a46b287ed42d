package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.BudgetTree
import dev.leasehold.memory.internal.budget.ByteText
import dev.leasehold.memory.internal.budget.SoftLimit
import dev.leasehold.memory.internal.platform.SystemMemory

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
 * **Ownership.** Whoever makes a budget closes it, after what draws on it. A budget that is forgotten goes with the
 * pools that draw on it.
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
    /**
     * Makes a budget.
     *
     * @param name what figures and errors call it
     * @param limit the most bytes that it may have; [Long.MAX_VALUE], the default, leaves it to the budgets above
     * @param parent the budget that its bytes count in too
     * @throws BudgetConfigurationException when the name is blank or the limit negative
     * @throws BudgetClosedException when the parent is closed
     */
    @JvmOverloads
    public constructor(name: String, limit: Long = Long.MAX_VALUE, parent: MemoryBudget = root()) :
        this(MemoryBudgetRefusals.checkedNode(name, limit, parent.node), parent) {
        node.facade = this
        parent.attach(node, this)
    }

    /** What figures and errors call this. */
    public val name: String get() = node.name

    /** The names from the root to this one: `app › ingest › sockets`. */
    public val path: String get() = node.path

    /**
     * The most bytes that this budget may have; [Long.MAX_VALUE] when only the budgets above bound it.
     *
     * It can be changed at any time. A limit below what is used takes nothing away from anybody: requests are refused
     * until enough has come back.
     *
     * @throws BudgetConfigurationException when it is set to a negative number
     */
    public var limit: Long
        get() = node.limit
        set(value) {
            node.limit = MemoryBudgetRefusals.checkedLimit(node.path, value)
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
    public val children: List<MemoryBudget> get() = owners().filterIsInstance<MemoryBudget>()

    /** The pools that draw on this budget itself, the oldest first. */
    public val pools: List<MemoryPool> get() = owners().filterIsInstance<MemoryPool>()

    /** The managers that draw on this budget itself, the oldest first. */
    public val managers: List<MemoryManager> get() = owners().filterIsInstance<MemoryManager>()

    private fun owners() = node.members.live().mapNotNull { it.owner }

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
     * @throws BudgetConfigurationException when [threshold] is not positive, or above [limit]
     */
    @IgnorableReturnValue
    public fun onSoftLimit(threshold: Long, listener: SoftLimitListener): SoftLimitWatch {
        MemoryBudgetRefusals.checkThreshold(node.path, threshold, limit)
        val soft = SoftLimit(threshold) { owner, used -> listener.onSoftLimit(owner as MemoryBudget, used) }
        node.add(soft)
        return SoftLimitWatch(node, soft, threshold)
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
        if (parent == null) throw UnsupportedOperationException(MemoryBudgetRefusals.rootClose(path))
        if (!node.close()) throw MemoryBudgetRefusals.inUse(node)
    }

    /** Counts [of] here from now on, for [member], which must be held by whoever it stands for. */
    @JvmSynthetic
    internal fun attach(of: BudgetNode, member: Any) {
        if (!node.members.add(of, member)) throw MemoryBudgetRefusals.closed(path)
    }

    /** The path and what is used of the limit, for logs. */
    override fun toString(): String = "MemoryBudget(${ByteText.usage(path, used, limit)})"

    /** Knows the root. */
    public companion object {
        /**
         * The budget at the top, `app`: everything that the process holds through this library counts in it.
         *
         * Its limit is the memory limit of the container that the process runs in, or, where there is none, the memory
         * of the machine: the figure that the virtual machine itself goes by
         * (`OperatingSystemMXBean.getTotalMemorySize`), read when the root is first asked for. It stays until [limit]
         * is set. The heap, the code and the threads of the process need a part of that memory too: a process that
         * means to come near the limit should set a lower one.
         */
        @JvmStatic
        public fun root(): MemoryBudget = Root.instance

        /** Makes the top of a tree of its own. */
        @JvmSynthetic
        internal fun rootOf(name: String, limit: Long): MemoryBudget =
            MemoryBudget(BudgetNode(name, limit, null), null).apply { node.facade = this }
    }

    private object Root {
        val instance = rootOf("app", SystemMemory.totalBytes())
    }
}
