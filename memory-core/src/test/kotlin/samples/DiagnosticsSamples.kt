package dev.leasehold.memory.samples

import dev.leasehold.memory.diagnostics.MemoryBeans
import dev.leasehold.memory.diagnostics.MemorySnapshot

internal fun snapshotOfAll(): Map<String, Long> {
    val snapshot = MemorySnapshot.take()
    println(snapshot.toTree())
    return snapshot.pools.associate { it.name to (it.statistics?.idle ?: 0) } // what each pool could give back
}

internal fun beansOfAll(serve: () -> Unit): Int = MemoryBeans.register().use { beans ->
    serve() // jconsole and the like show them meanwhile
    beans.names.size
}
