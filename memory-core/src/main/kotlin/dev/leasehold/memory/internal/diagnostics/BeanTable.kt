package dev.leasehold.memory.internal.diagnostics

import java.lang.ref.WeakReference
import java.util.IdentityHashMap
import javax.management.DynamicMBean
import javax.management.InstanceNotFoundException
import javax.management.MBeanServer
import javax.management.ObjectName

/** The beans that are registered with [server], each for an owner that it does not keep. Any thread. */
internal class BeanTable(private val server: MBeanServer) {
    private class Entry(owner: Any, val name: ObjectName) {
        val owner = WeakReference(owner)
    }

    private val entries = ArrayList<Entry>()
    private var isClosed = false

    @Volatile
    private var updatedAt = 0L

    /** Whether the last update is a second ago. */
    val isOld: Boolean get() = System.nanoTime() - updatedAt > OLD_NANOS

    /** The names of all beans. */
    val names: Set<ObjectName> @Synchronized get() = entries.mapTo(LinkedHashSet()) { it.name }

    /** What there is to be from now on; what is not put in goes. */
    inner class Update {
        private val before = IdentityHashMap<Any, Entry>()
        private val kept = IdentityHashMap<Any, Entry>()

        init {
            for (entry in entries) entry.owner.get()?.let { before[it] = entry }
        }

        /** Has a bean for [owner]: the one that there is, or what [make] makes. */
        fun <T : Any> put(
            owner: T,
            type: String,
            budget: String?,
            name: String,
            make: (name: ObjectName, owner: WeakReference<T>) -> DynamicMBean,
        ) {
            kept[owner] = before[owner] ?: Entry(owner, freeName(type, budget, name)).also {
                server.registerMBean(make(it.name, WeakReference(owner)), it.name)
                entries.add(it)
            }
        }

        /** Takes the beans off of what was not put in. */
        fun end() {
            val names = kept.values.mapTo(HashSet()) { it.name }
            entries.removeIf { entry -> (entry.name !in names).also { if (it) unregister(entry.name) } }
        }
    }

    /** Runs [action], which puts in what there is; one thread at a time. */
    @Synchronized
    fun update(action: Update.() -> Unit) {
        if (isClosed) return
        updatedAt = System.nanoTime()
        Update().apply(action).end()
    }

    /** Takes all off. */
    @Synchronized
    fun close() {
        isClosed = true
        entries.forEach { unregister(it.name) }
        entries.clear()
    }

    private fun freeName(type: String, budget: String?, name: String): ObjectName {
        val below = if (budget == null) "" else ",budget=${ObjectName.quote(budget)}"
        val base = "$DOMAIN:type=$type$below,name=${ObjectName.quote(name)}"
        var number = 1
        while (true) {
            val free = ObjectName(if (number == 1) base else "$base,number=$number")
            if (!server.isRegistered(free)) return free
            number++
        }
    }

    private fun unregister(name: ObjectName) {
        try {
            server.unregisterMBean(name)
        } catch (_: InstanceNotFoundException) {
            // The server's owner has taken it off.
            return
        }
    }

    private companion object {
        const val DOMAIN = "dev.leasehold.memory"
        const val OLD_NANOS = 1_000_000_000L
    }
}
