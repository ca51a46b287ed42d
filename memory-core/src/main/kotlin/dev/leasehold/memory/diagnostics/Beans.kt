@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.lang.ref.WeakReference
import javax.management.DynamicMBean
import javax.management.ObjectName
import javax.management.StandardMBean

/** The bean of a pool, which runs [read] before it reads anything. */
internal fun poolBean(id: ObjectName, pool: WeakReference<MemoryPool>, read: () -> Unit): DynamicMBean =
    StandardMBean(PoolBean(id, pool, read), LeasePoolMXBean::class.java, true)

/** The bean of a manager, likewise. */
internal fun managerBean(id: ObjectName, manager: WeakReference<MemoryManager>, read: () -> Unit): DynamicMBean =
    StandardMBean(ManagerBean(id, manager, read), BlockManagerMXBean::class.java, true)

/** The bean of a budget, likewise. */
internal fun budgetBean(budget: WeakReference<MemoryBudget>, read: () -> Unit): DynamicMBean =
    StandardMBean(BudgetBean(budget, read), MemoryBudgetMXBean::class.java, true)

private fun <T : Any> WeakReference<T>.there(): T = get() ?: throw IllegalStateException("it is garbage by now")

private abstract class OwnerBean<T : Any>(
    private val id: ObjectName,
    private val weak: WeakReference<T>,
    private val read: () -> Unit,
) : MemoryOwnerMXBean {
    protected val owner: T get() = weak.there()

    protected abstract val stats: MemoryStatistics

    protected fun <S> reading(figures: () -> S): S {
        read()
        return figures()
    }

    override val reserved: Long get() = stats.reserved
    override val used: Long get() = stats.used
    override val idle: Long get() = stats.idle
    override val quarantined: Long get() = stats.quarantined
    override val peak: Long get() = stats.peak

    override fun getTotalCapacity(): Long = reserved

    override fun getMemoryUsed(): Long = used

    override fun getObjectName(): ObjectName = id
}

private class PoolBean(id: ObjectName, pool: WeakReference<MemoryPool>, read: () -> Unit) :
    OwnerBean<MemoryPool>(id, pool, read),
    LeasePoolMXBean {
    override val stats: PoolStatistics get() = reading { owner.stats() }

    override fun getName(): String = owner.name

    override fun getCount(): Long = stats.leases

    override val budget: String get() = owner.budget.path
    override val isClosed: Boolean get() = owner.isClosed
    override val requests: Long get() = stats.rents
    override val hits: Long get() = stats.hits
    override val waiters: Int get() = stats.waiters
    override val servedWaits: Long get() = stats.waits.served
    override val timedOutWaits: Long get() = stats.waits.timedOut
    override val cancelledWaits: Long get() = stats.waits.cancelled
    override val longestWaitNanos: Long get() = stats.waits.longestNanos
    override var limit: Long
        get() = owner.limit
        set(value) {
            owner.limit = value
        }

    override fun trim(): Long = owner.trim()
}

private class ManagerBean(id: ObjectName, manager: WeakReference<MemoryManager>, read: () -> Unit) :
    OwnerBean<MemoryManager>(id, manager, read),
    BlockManagerMXBean {
    override val stats: ManagerStatistics get() = reading { owner.stats() }

    override fun getName(): String = owner.name

    override fun getCount(): Long = stats.blocks

    override val budget: String get() = owner.budget.path
    override val isClosed: Boolean get() = owner.isClosed
    override val requests: Long get() = stats.allocations
    override val hits: Long get() = stats.hits
    override val file: String? get() = (owner as? MappedMemoryManager)?.path?.toString()
    override var limit: Long
        get() = owner.limit
        set(value) {
            owner.limit = value
        }

    override fun trim(): Long = owner.trim()
}

private class BudgetBean(private val weak: WeakReference<MemoryBudget>, private val read: () -> Unit) :
    MemoryBudgetMXBean {
    private val budget: MemoryBudget
        get() {
            read()
            return weak.there()
        }

    override val path: String get() = budget.path
    override val used: Long get() = budget.used
    override val peak: Long get() = budget.peak
    override val available: Long get() = budget.available
    override var limit: Long
        get() = budget.limit
        set(value) {
            budget.limit = value
        }

    override fun tree(): String = MemorySnapshot.take(budget).toTree()
}
