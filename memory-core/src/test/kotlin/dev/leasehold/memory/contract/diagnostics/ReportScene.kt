package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.onThread
import kotlin.random.Random

/** A program at work, as a report sees it: budgets in budgets, a fragmented pool, a full one, one that is closed. */
internal class ReportScene : AutoCloseable {
    private val files = MappedFiles()
    private val open = ArrayList<AutoCloseable>()
    private val random = Random(7)

    val app = MemoryBudget.rootOf("shop", 384.MiB)
    private val ingest = MemoryBudget("ingest", 96.MiB, app)
    private val cache = MemoryBudget("cache", 64.MiB, app)
    val rows: MemoryPool = MemoryPool.isolated("rows") { budget = ingest }
    val frames: MemoryPool = MemoryPool.fixed("frames", 256.KiB, 40) { budget = ingest }
    private val orders = MemoryPool.isolated("orders") {
        budget = app
        limit = 24.MiB
    }
    private val replies = MemoryPool.isolated("replies <\"quoted\"> & 'escaped'") { budget = app }
    private val retired = MemoryPool.isolated("retired") { budget = ingest }
    val pages: SystemMemoryManager = SystemMemoryManager("pages") { budget = cache }
    private val file = MappedMemoryManager.create(files.path("catalogue")) { budget = cache }

    init {
        onThread { fill() }
    }

    private fun fill() {
        val rented = List(9_000) { rows.rentShared(SIZES.random(random)) }
        val (kept, closed) = rented.partition { random.nextInt(100) < 55 }
        open += kept
        closed.forEach(SharedLease::close)
        rows.trim()
        List(300) { rows.rentShared(700) }.forEach(SharedLease::close)
        repeat(31) { open += frames.rentShared() }
        repeat(23) { open += orders.rentShared(1.MiB) }
        repeat(400) { open += replies.rentShared(random.nextLong(100, 9_000)) }
        replies.rentShared(700.KiB).also { it.keptSegment }.close()
        open += replies.rentShared(3.MiB)
        open += retired.rentShared(900.KiB)
        runCatching { retired.close() }
        repeat(200) { open += pages.allocate(random.nextLong(60.KiB, 200.KiB)) }
        open += pages.allocatePages(300)
        repeat(500) { open += file.allocate(random.nextLong(200, 20_000)) }
        open += orders.rentShared(64.KiB).transferTo(cache)
    }

    override fun close() {
        open.forEach(AutoCloseable::close)
        listOf(rows, frames, orders, replies, pages, file).forEach(AutoCloseable::close)
        files.close()
    }

    private companion object {
        val SIZES = listOf(200L, 200L, 700L, 1_000L, 4_000L, 16_000L)
    }
}
