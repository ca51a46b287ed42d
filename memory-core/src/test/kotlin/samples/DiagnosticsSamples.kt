package dev.leasehold.memory.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.diagnostics.MemoryBeans
import dev.leasehold.memory.diagnostics.MemoryHistory
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.rent
import java.nio.file.Path
import kotlin.time.Duration.Companion.minutes

internal fun snapshotOfAll(): Map<String, Long> {
    val snapshot = MemorySnapshot.take()
    println(snapshot.toTree())
    return snapshot.pools.associate { it.name to (it.statistics?.idle ?: 0) } // what each pool could give back
}

internal fun beansOfAll(serve: () -> Unit): Int = MemoryBeans.register().use { beans ->
    serve() // jconsole and the like show them meanwhile
    beans.names.size
}

internal fun findTheLeak(orders: MemoryPool): String {
    LeakDetection.sampleEvery = 1 // all, while we look
    val watch = LeakDetection.watchHolds(5.minutes) { println("still out: $it") }
    val forgotten = LeakDetection.tagged("import") { orders.rent(4096) }
    val largest = LeakDetection.dump().groups.first() // what place of the program holds the most, and since when
    forgotten.close()
    watch.close()
    LeakDetection.sampleEvery = 1024 // the default
    return largest.toString()
}

internal fun reportOfAll(path: Path, work: () -> Unit) {
    MemoryHistory.record().use { history ->
        MemoryReport.serve(history = history).use { server ->
            println("Memory: ${server.uri}")
            work()
        }
        MemoryReport.html(path, history = history) // for the record
    }
}
