package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.internal.diagnostics.BeanTable
import java.lang.management.ManagementFactory
import javax.management.MBeanServer
import javax.management.ObjectName

/**
 * JMX beans of a budget and all below it: a [MemoryBudgetMXBean] for each budget, a [LeasePoolMXBean] for each pool and a
 * [BlockManagerMXBean] for each manager, also one of a mapped file.
 *
 * Their names are `dev.leasehold.memory:type=Pool,budget="app",name="orders"`, with `type=Manager` and `type=Budget`
 * (whose `name` is its path); of several with the same name the second has `number=2`. A pool that is made later has its
 * bean from the next [update] on, and one that is closed or garbage has none any more; reading any attribute updates, at
 * most once a second.
 *
 * **Ownership.** The caller closes it, which takes all beans off the server. No bean keeps a pool, a manager or a budget.
 * **Threads.** Any.
 * **Cost.** Nothing, but where a bean is read: then that of the pool's `stats()`.
 *
 * @sample dev.leasehold.memory.samples.beansOfAll
 */
public class MemoryBeans private constructor(private val budget: MemoryBudget, server: MBeanServer) : AutoCloseable {
    private val table = BeanTable(server)

    /** Adds the beans of what has come since the last update, and removes those of what has gone. */
    public fun update(): Unit = table.update { addBudget(budget) }

    private fun BeanTable.Update.addBudget(budget: MemoryBudget) {
        put(budget, "Budget", null, budget.path) { _, it -> budgetBean(it, ::updateSometimes) }
        for (pool in budget.pools) putPool(pool, budget)
        for (manager in budget.managers) putManager(manager, budget)
        budget.children.forEach { addBudget(it) }
    }

    private fun BeanTable.Update.putPool(pool: MemoryPool, budget: MemoryBudget) {
        if (!pool.isClosed) put(pool, "Pool", budget.path, pool.name) { id, it -> poolBean(id, it, ::updateSometimes) }
    }

    private fun BeanTable.Update.putManager(manager: MemoryManager, budget: MemoryBudget) {
        if (manager.isClosed) return
        put(manager, "Manager", budget.path, manager.name) { id, it -> managerBean(id, it, ::updateSometimes) }
    }

    private fun updateSometimes() {
        if (table.isOld) update()
    }

    /** The names of all beans now. */
    public val names: Set<ObjectName> get() = table.names

    /** Takes all beans off the server. Closing again does nothing. */
    override fun close(): Unit = table.close()

    /** Registers beans. */
    public companion object {
        /**
         * Registers the beans of [budget] and all below it with [server]: those of all memory of the process with the
         * platform's own, if it is not said. The caller closes what this returns.
         */
        @JvmStatic
        @JvmOverloads
        public fun register(
            budget: MemoryBudget = MemoryBudget.root(),
            server: MBeanServer = ManagementFactory.getPlatformMBeanServer(),
        ): MemoryBeans = MemoryBeans(budget, server).also(MemoryBeans::update)
    }
}
