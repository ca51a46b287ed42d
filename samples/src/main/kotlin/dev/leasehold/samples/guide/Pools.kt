package dev.leasehold.samples.guide

import com.sun.net.httpserver.HttpServer
import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.diagnostics.MemoryBeans
import dev.leasehold.memory.diagnostics.MemoryHistory
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemoryReportServer
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.rent
import dev.leasehold.memory.tryRent
import java.nio.file.Path
import javax.management.Attribute
import javax.management.MBeanServer

/** The guide's snippets on pools. What stands between a region's comments is what docs/guide.md shows. */
internal object Pools {
    fun fixedChunks(report: (String) -> Unit) {
        // region fixed chunks
        val frames = MemoryPool.fixed("frames", blockSize = 1500, blockCount = 256)
        val frame = frames.rent() // 1,500 bytes at a multiple of 64
        report("${frames.available} of ${frames.capacity} chunks are free")
        frame.close()
        // endregion
        frames.close()
    }

    fun wipe(secret: ByteArray): Boolean {
        // region wipe
        val secrets = MemoryPool.isolated("secrets") { hygiene = Hygiene.ZERO_ON_CLOSE }
        secrets.rent(secret.size.toLong()).use { key -> key.segment.copyFrom(secret) } // zeroed at the close
        secret.fill(0) // the copy on the heap is yours to wipe
        // endregion
        val wiped = secrets.rent(secret.size.toLong()).use { key -> key.segment.getByte(0) == 0.toByte() }
        secrets.close()
        return wiped
    }

    fun figures(pool: MemoryPool, publish: (String, Long) -> Unit) {
        // region figures
        val figures = pool.stats()
        publish("memory.used", figures.used) // leased now
        publish("memory.idle", figures.idle) // kept for the next rents
        publish("memory.quarantined", figures.quarantined) // closed, with a kept view that is not cut off yet
        publish("memory.reserved", figures.reserved) // held from the system: the sum of the three
        // endregion
    }

    fun snapshot(publish: (String) -> Unit): Map<String, Long> {
        // region snapshot
        val snapshot = MemorySnapshot.take()
        publish(snapshot.toTree()) // a table for people
        publish(snapshot.toJson()) // the same for programs
        val idle = snapshot.pools.associate { it.name to (it.statistics?.idle ?: 0) }
        // endregion
        return idle
    }

    fun look(http: HttpServer, path: Path): MemoryReportServer {
        // region write and serve a page
        MemoryReport.html(path) // one file that needs nothing else
        val server = MemoryReport.serve() // until it is closed; server.uri says where
        // endregion
        // region add the page to a server
        http.createContext("/memory", MemoryReport.handler())
        // endregion
        // region record a history
        val history = MemoryHistory.record() // once a second, the last ten minutes; until it is closed
        MemoryReport.html(path, history = history)
        // endregion
        history.close()
        return server
    }

    fun watch(server: MBeanServer, look: () -> Unit) {
        // region register beans
        val beans = MemoryBeans.register() // until it is closed
        // endregion
        val orders = beans.names.single {
            it.getKeyProperty("type") == "Pool" &&
                it.getKeyProperty("name") == "\"guide\""
        }
        // region set a limit
        server.setAttribute(orders, Attribute("Limit", 32.MiB))
        // endregion
        look()
        beans.close()
    }

    fun findALeak(report: (String) -> Unit) {
        // region find a leak
        val pool = MemoryPool.isolated("orders") { traceSites = true }
        val forgotten = pool.rent(100)
        // endregion
        forgotten.close()
        try {
            report("read ${forgotten.segment.getByte(0)}")
        } catch (late: LeaseClosedException) {
            report(checkNotNull(late.message))
        }
        pool.close()
    }

    fun closeASubsystem(pool: MemoryPool, report: (String) -> Unit) {
        val straggler = pool.rent(100)
        // region close a subsystem
        try {
            pool.close()
        } catch (early: OutstandingLeasesException) {
            report("pool '${early.ownerName}' has ${early.bytes} bytes in leases that are open: ${early.count}")
        }
        // endregion
        straggler.close()
    }

    fun trim(pool: MemoryPool): Long {
        pool.tryRent(100)?.close()
        // region trim
        val given = pool.trim() // bytes that went back to the system
        // endregion
        return given
    }
}
