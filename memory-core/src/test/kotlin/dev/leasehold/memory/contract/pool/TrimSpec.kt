package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.io.File
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Path

class TrimSpec : FunSpec({
    val onLinux = File("/proc/self/pagemap").canRead()

    /** How many of the pages under [views] are in memory, by the system's own table. */
    fun residentPages(views: List<MemorySegment>): Int {
        val page = Platform.current.pageSize
        val entry = ByteBuffer.allocate(Long.SIZE_BYTES).order(ByteOrder.nativeOrder())
        FileChannel.open(Path.of("/proc/self/pagemap")).use { table ->
            return views.sumOf { view ->
                (view.address() / page..(view.address() + view.byteSize() - 1) / page).count { number ->
                    check(table.read(entry.clear(), number * Long.SIZE_BYTES) == Long.SIZE_BYTES)
                    // In memory or, as good as that, swapped out.
                    entry.getLong(0) ushr 62 != 0L
                }
            }
        }
    }

    test("after a trim only pages with a leased block are reserved, and they keep their bytes") {
        val page = Platform.current.pageSize
        for (size in longArrayOf(64, 1000, 4096, 20_000, 300_000)) {
            val pool = MemoryPool.isolated("trim")
            val leases = List(200) { index -> pool.rent(size).also { it.asMemorySegment().fill(index.toByte()) } }
            val kept = leases.filterIndexed { index, _ -> index % 50 == 7 }
            (leases - kept.toSet()).forEach(Lease::close)
            val before = pool.stats()
            val gone = pool.trim()
            val after = pool.stats()
            gone shouldBeGreaterThan 0
            before.reserved - after.reserved shouldBe gone
            // A block may begin and end in the middle of a page.
            after.reserved shouldBeLessThanOrEqualTo after.used + kept.size * 2 * page
            after.reserved shouldBeGreaterThanOrEqualTo after.used
            kept.forEachIndexed { at, lease ->
                lease.asMemorySegment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, size - 1) shouldBe
                    (at * 50 + 7).toByte()
            }
            val again = List(100) { pool.rent(size) }
            again.forEach { it.asMemorySegment().fill(0x33) }
            (again + kept).forEach(Lease::close)
            pool.trim()
            pool.stats().reserved shouldBe 0
            pool.close()
        }
    }

    test("the system sees the memory go").config(enabled = onLinux) {
        val pool = MemoryPool.isolated("resident")
        val large = pool.rent(64.MiB)
        val small = List(500) { pool.rent(4096) }
        val views = (small + large).map { it.asMemorySegment().fill(1) }
        residentPages(views.takeLast(1)) shouldBe 64.MiB.toInt() / 4096
        residentPages(views.dropLast(1)) shouldBe 500
        large.close()
        small.filterIndexed { index, _ -> index != 3 }.forEach(Lease::close)
        pool.trim()
        // What is no longer mapped may be mapped again by now, with a page or two in use.
        residentPages(views.takeLast(1)) shouldBeLessThan 64.MiB.toInt() / 4096
        residentPages(views.subList(3, 4)) shouldBe 1
        residentPages(views.dropLast(1)) shouldBeLessThan 500
        pool.stats().reserved shouldBe 4096
        small[3].close()
        pool.close()
    }

    test("a fixed pool gives the pages of its free chunks to the system, and has them again when it needs them")
        .config(enabled = onLinux) {
            val pool = MemoryPool.fixed("chunks", 1.MiB, 32)
            val leases = List(32) { pool.rent() }
            val views = leases.map { it.asMemorySegment().fill(1) }
            residentPages(views) shouldBe 32.MiB.toInt() / 4096
            leases.drop(1).forEach(Lease::close)
            pool.trim() shouldBe 31.MiB
            // The system may make one large page of small ones, and has the whole of it in memory then.
            residentPages(views) shouldBeLessThanOrEqualTo 2.MiB.toInt() / 4096
            leases[0].asMemorySegment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1.MiB - 1) shouldBe 1
            pool.available shouldBe 31
            pool.rentShared().use { it.asKeptMemorySegment().fill(2) }
            leases[0].close()
            pool.close()
            pool.stats().reserved shouldBe 0
        }

    test("what lies idle by itself falls below the idle bound and the caches within seconds") {
        val pool = MemoryPool.isolated("bound") { idleBound = 1.MiB }
        List(4000) { pool.rent(16_000) }.forEach(Lease::close)
        pool.rent(20.MiB).close()
        // What one thread's cache holds of one class, in two magazines, beside the bound and one slab.
        await("what was idle for a second went back") { pool.stats().idle <= 1.MiB + 256.KiB + 1.MiB }
        pool.close()
    }
})
