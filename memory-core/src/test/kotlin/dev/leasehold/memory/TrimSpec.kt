package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.io.File

class TrimSpec : FunSpec({
    val onLinux = File("/proc/self/smaps_rollup").canRead()

    fun unsigned(hex: String) = java.lang.Long.parseUnsignedLong(hex, 16)

    /**
     * Anonymous resident bytes that the system counts in [view]'s pages: those of the one mapping that holds
     * [address].
     */
    fun residentAt(address: Long): Long {
        var inside = false
        for (line in File("/proc/self/smaps").readLines()) {
            val range = Regex("^([0-9a-f]+)-([0-9a-f]+) ").find(line)
            if (range != null) {
                val (from, to) = range.destructured
                inside = address in unsigned(from)..<unsigned(to)
            } else if (inside && line.startsWith("Rss:")) {
                return line.removePrefix("Rss:").trim().substringBefore(' ').toLong() * 1024
            }
        }
        return 0
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
        large.asMemorySegment().fill(1)
        val small = List(500) { pool.rent(4096) }
        small.forEach { it.asMemorySegment().fill(1) }
        val address = large.asMemorySegment().address()
        val keptAddress = small[3].asMemorySegment().address()
        residentAt(address) shouldBeGreaterThanOrEqualTo 64.MiB
        val smallBefore = residentAt(keptAddress)
        large.close()
        small.filterIndexed { index, _ -> index != 3 }.forEach(Lease::close)
        pool.trim()
        residentAt(address) shouldBeLessThan 64.MiB
        residentAt(keptAddress) shouldBeLessThan smallBefore
        pool.stats().reserved shouldBe 4096
        small[3].close()
        pool.close()
    }

    test("a fixed pool gives the pages of its free chunks to the system, and has them again when it needs them")
        .config(enabled = onLinux) {
            val pool = MemoryPool.fixed("chunks", 1.MiB, 32)
            val leases = List(32) { pool.rent() }
            leases.forEach { it.asMemorySegment().fill(1) }
            val address = leases[0].asMemorySegment().address()
            val before = residentAt(address)
            leases.drop(1).forEach(Lease::close)
            pool.trim() shouldBe 31.MiB
            before - residentAt(address) shouldBeGreaterThanOrEqualTo 30.MiB
            leases[0].asMemorySegment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1.MiB - 1) shouldBe 1
            pool.available shouldBe 31
            pool.rentShared().use { it.asMemorySegment().fill(2) }
            leases[0].close()
            pool.close()
            pool.stats().reserved shouldBe 0
        }

    test("what lies idle by itself stays below the idle bound and the caches") {
        val pool = MemoryPool.isolated("bound") { idleBound = 1.MiB }
        List(4000) { pool.rent(16_000) }.forEach(Lease::close)
        pool.rent(20.MiB).close()
        // What one thread's cache holds of one class, in two magazines, beside the bound and one slab.
        pool.stats().idle shouldBeLessThanOrEqualTo 1.MiB + 256.KiB + 1.MiB
        pool.close()
    }
})
