package dev.leasehold.memory.internal.jfr

import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.diagnostics.BudgetSnapshot
import dev.leasehold.memory.diagnostics.ManagerSnapshot
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.OwnerSnapshot
import dev.leasehold.memory.diagnostics.PoolSnapshot
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.LoaderFree
import dev.leasehold.memory.internal.platform.Log
import jdk.jfr.Event
import jdk.jfr.FlightRecorder
import java.lang.invoke.MethodHandles
import java.lang.invoke.MethodType.methodType
import java.lang.ref.WeakReference

/**
 * The figures of all budgets, pools and managers, as events that the flight recorder asks for from time to time while a
 * recording wants them. It runs on the recorder's thread, and takes a [MemorySnapshot] for each kind.
 *
 * The recorder holds what it asks, and holds it for ever. So what it has is of the JDK's classes alone and leads here
 * only weakly, and is taken away when the class loader of this library is garbage.
 */
internal class PeriodicStatistics {
    private val pools = Runnable { logged { snapshot.pools.forEach(::record) } }
    private val managers = Runnable { logged { snapshot.managers.forEach(::record) } }
    private val budgets = Runnable { logged { snapshot.budgets.forEach(::record) } }

    private val snapshot: MemorySnapshot get() = MemorySnapshot.take()

    /** Has the recorder ask, as long as this is there. */
    fun start() {
        add(StatisticsEvents.Pool::class.java, pools)
        add(StatisticsEvents.Manager::class.java, managers)
        add(StatisticsEvents.Budget::class.java, budgets)
    }

    private fun add(type: Class<out Event>, action: Runnable) {
        val hook = LoaderFree.ifThere(WeakReference(action))
        FlightRecorder.addPeriodicEvent(type, hook)
        val remove = MethodHandles.publicLookup().findStatic(
            FlightRecorder::class.java,
            "removePeriodicEvent",
            methodType(Boolean::class.java, Runnable::class.java),
        )
        Background.atTheEnd(LoaderFree.calling(remove, hook))
    }

    private fun record(pool: PoolSnapshot) {
        val event = StatisticsEvents.Pool()
        fill(event, pool)
        pool.statistics?.let {
            event.leases = it.leases
            event.waiters = it.waiters
            event.waits = it.waits.count
            event.longestWait = it.waits.longestNanos
            event.requests = it.rents
            event.hits = it.hits
        }
        event.commit()
    }

    private fun record(manager: ManagerSnapshot) {
        val event = StatisticsEvents.Manager()
        fill(event, manager)
        event.file = manager.file
        manager.statistics?.let {
            event.blocks = it.blocks
            event.requests = it.allocations
            event.hits = it.hits
        }
        event.commit()
    }

    private fun fill(event: StatisticsEvents.Owner, owner: OwnerSnapshot) {
        event.owner = owner.name
        event.budget = owner.budget
        event.state = owner.state.name.lowercase()
        // All that is known of one that was forgotten.
        event.reserved = owner.charged
        owner.statistics?.let { fill(event, it) }
    }

    private fun fill(event: StatisticsEvents.Owner, figures: MemoryStatistics) {
        event.reserved = figures.reserved
        event.used = figures.used
        event.idle = figures.idle
        event.quarantined = figures.quarantined
        event.peak = figures.peak
        event.limit = figures.limit
    }

    private fun record(budget: BudgetSnapshot) {
        val event = StatisticsEvents.Budget()
        event.path = budget.path
        event.used = budget.used
        event.peak = budget.peak
        event.limit = budget.limit
        event.commit()
    }

    // What is thrown here would end up in the recorder.
    private inline fun logged(action: () -> Unit) {
        try {
            action()
        } catch (_: LinkageError) {
            // The class loader of this library was closed before this was done for the first time, and is about to go.
            return
        } catch (failure: Throwable) {
            Log.tryError(failure) { "the figures of memory were not recorded this time" }
        }
    }
}
