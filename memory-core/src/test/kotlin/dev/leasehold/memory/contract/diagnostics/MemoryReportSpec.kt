package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.pageOf
import dev.leasehold.memory.internal.diagnostics.HistoryPoint
import dev.leasehold.memory.internal.diagnostics.PageOptions
import dev.leasehold.memory.internal.diagnostics.SiteFigures
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.samples.reportOfAll
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import org.w3c.dom.Element
import kotlin.io.path.fileSize
import kotlin.io.path.readText
import kotlin.time.measureTime

class MemoryReportSpec : FunSpec() {
    private fun page(budget: MemoryBudget, options: PageOptions = PageOptions()) =
        ParsedPage(pageOf(MemorySnapshot.detailed(budget, 1000), options))

    init {
        test("the page has the figures of the snapshot for every budget, pool and manager") {
            ReportScene().use { scene ->
                val snapshot = MemorySnapshot.detailed(scene.app, 1000)
                val page = ParsedPage(pageOf(snapshot, PageOptions()))
                page.figure("held") shouldBe snapshot.budget.used
                page.figure("limit") shouldBe 384.MiB
                page.figure("peak") shouldBe snapshot.budget.peak
                val parts = listOf("used", "idle", "quarantined").sumOf(page::figure)
                parts shouldBe snapshot.budget.used
                page.figure("free") shouldBe 384.MiB - snapshot.budget.used
                page.rows("budget").mapValues { it.value.first() } shouldBe
                    snapshot.budgets.associate { it.name to it.used }
                page.rows("pool") shouldBe snapshot.pools.associate { it.name to figures(it.statistics!!) }
                page.rows("manager").keys + page.rows("file").keys shouldBe snapshot.managers.map { it.name }.toSet()
                page.rows("file").getValue("catalogue")[1] shouldBe
                    snapshot.managers.single { it.file != null }.statistics!!.used
                val tiles = page.all("a").filter { it.hasAttribute("data-held") }
                tiles.map { it.getAttribute("data-held").toLong() }.toSet() shouldBe
                    (snapshot.pools + snapshot.managers).map { it.charged }.toSet()
            }
        }

        test("a file has the same page, and stands alone") {
            MappedFiles().use { files ->
                val pool = MemoryPool.isolated("rows") { budget = MemoryBudget.rootOf("app", 64.MiB) }
                val lease = pool.rentShared(5000)
                val path = files.path("report.html")
                MemoryReport.html(path, pool.budget)
                val html = path.readText()
                ParsedPage(html).rows("pool").getValue("rows") shouldBe figures(pool.stats())
                for (outside in listOf(
                    "<script",
                    "http://",
                    "https://",
                    "url(",
                    "@import",
                    "<img",
                    "?json",
                    "refresh",
                )) {
                    html shouldNotContain outside
                }
                lease.close()
                pool.close()
            }
        }

        test("a card has the blocks of each size, and a square for each slab") {
            val pool = MemoryPool.isolated("rows") { budget = MemoryBudget.rootOf("app", 64.MiB) }
            val small = List(100) { pool.rentShared(1000) }
            val large = pool.rentShared(64.KiB)
            small.take(40).forEach { it.close() }
            val snapshot = MemorySnapshot.detailed(pool.budget, 1000)
            val occupancy = snapshot.pools.single().occupancy!!
            val page = ParsedPage(pageOf(snapshot, PageOptions()))
            val classes = page.cards().getValue("rows")
            classes.keys shouldBe setOf(1.KiB, 64.KiB)
            classes.getValue(1.KiB).first shouldBe 60
            classes.getValue(64.KiB) shouldBe (1L to 0L)
            classes.entries.sumOf { (size, blocks) -> size * (blocks.first + blocks.second) } shouldBe
                pool.stats().reserved
            val squares = page.all("div").single { it.getAttribute("class") == "cells" }.below("i")
            squares shouldHaveSize occupancy.slabs.size
            squares.map { it.getAttribute("title") } shouldBe occupancy.slabs.map { "${it.out} of ${it.blocks} out" }
            squares.first().getAttribute("class") shouldBe "s5"
            (small.drop(40) + large).forEach { it.close() }
            pool.close()
        }

        test("a fixed pool has its chunks as one size, and a manager runs of pages beside its sizes") {
            val app = MemoryBudget.rootOf("app", 64.MiB)
            val frames = MemoryPool.fixed("frames", 4.KiB, 80) { budget = app }
            val manager = SystemMemoryManager("pages") { budget = app }
            val open = List(3) { frames.rentShared() } + listOf(manager.allocatePages(12), manager.allocate(3.MiB))
            val cards = page(app).cards()
            cards.getValue("frames") shouldBe mapOf(4.KiB to (3L to 77L))
            val occupancy = MemorySnapshot.detailed(app, 0).managers.single().occupancy!!
            occupancy.classes.shouldBeEmpty()
            occupancy.otherBytes shouldBe 3.MiB + 12 * manager.pageSize
            open.forEach { it.close() }
            frames.close()
            manager.close()
        }

        test("slabs beyond a bound are counted, and not drawn") {
            val pool = MemoryPool.isolated("rows") { budget = MemoryBudget.rootOf("app", 64.MiB) }
            val leases = List(320) { pool.rentShared(1.KiB) }
            val occupancy = MemorySnapshot.detailed(pool.budget, 4).pools.single().occupancy!!
            occupancy.slabs shouldHaveSize 4
            occupancy.slabsLeftOut shouldBe occupancy.classes.single().slabs - 4
            val html = pageOf(MemorySnapshot.detailed(pool.budget, 4), PageOptions())
            ParsedPage(html).text shouldContain "${occupancy.slabsLeftOut} slabs are not drawn."
            leases.forEach { it.close() }
            pool.close()
        }

        test("names are shown as they are, and what cannot be seen is made visible") {
            val app = MemoryBudget.rootOf("a & <b>\"'", 64.MiB)
            val names = mapOf(
                "</style><script>alert(1)</script>" to "</style><script>alert(1)</script>",
                "line\nnull\u0000esc\u001Bdel\u007Fnext\u0085" to "line␊null␀esc␛del␡next\uFFFD",
                "half \uD83D and \uDE00, whole \uD83D\uDE00" to "half \uFFFD and \uFFFD, whole \uD83D\uDE00",
                "turned \u202E txt \uFFFF" to "turned \uFFFD txt \uFFFD",
                "&amp; 日本" to "&amp; 日本",
            )
            val pools = names.keys.map { name -> MemoryPool.isolated(name) { budget = app } }
            pools.forEach { it.rent(100).close() }
            val html = pageOf(MemorySnapshot.detailed(app, 10), PageOptions(sites = listOf(site("<i>", "\"&"))))
            html shouldNotContain "<script"
            val page = ParsedPage(html)
            page.rows("pool").keys shouldBe names.values.toSet()
            page.cards().keys shouldBe names.values.toSet()
            page.rows("budget").keys shouldBe setOf("a & <b>\"'")
            page.text shouldContain "<i>"
            pools.forEach { it.close() }
        }

        test("what was recorded is drawn, and sites with the oldest first, and neither where there is none") {
            val app = MemoryBudget.rootOf("app", 8.MiB)
            val points = listOf(HistoryPoint(0, 0, 0), HistoryPoint(1000, 4.MiB, 2.MiB), HistoryPoint(3000, 8.MiB, 0))
            val sites = listOf(site("young", null, millis = 10), site("old", "orders", millis = 90_000))
            val page = page(app, PageOptions(points, sites))
            val (_, used, held, limit) = page.all("path").map { it.getAttribute("d") }
            used shouldBe "M0 200L0 200L333.3 150L1000 200L1000 200"
            held shouldBe "M0 200L333.3 100L1000 0"
            limit shouldBe "M0 0H1000"
            page.table("sites").map { row -> row.below("th").single().textContent } shouldContainExactly
                listOf("old orders", "young")
            page.text shouldContain "90 s"
            val plain = page(app)
            plain.all("svg").shouldBeEmpty()
            plain.all("table").none { it.getAttribute("class") == "sites" } shouldBe true
            plain.text shouldContain "Nothing is held."
        }

        test("a thousand pools are all shown, in less than a second and three million bytes") {
            val app = MemoryBudget.rootOf("app", 4096.MiB)
            MappedFiles().use { files ->
                val budgets = List(20) { MemoryBudget("budget $it", parent = app) }
                val pools = List(1100) { index -> MemoryPool.isolated("pool $index") { budget = budgets[index % 20] } }
                val open = pools.flatMapIndexed { index, pool -> List(1 + index % 7) { pool.rentShared(300L shl it) } }
                val path = files.path("report.html")
                val times = List(5) { measureTime { MemoryReport.html(path, app) } }
                println("A report of 1,100 pools: $times, ${path.fileSize()} bytes")
                times.min().inWholeMilliseconds shouldBeLessThan 5000
                path.fileSize() shouldBeLessThan 3_000_000
                val snapshot = MemorySnapshot.detailed(app, 1000)
                val page = ParsedPage(pageOf(snapshot, PageOptions()))
                page.rows("pool").size shouldBe 1000
                val more = page.all("tr").filter { it.getAttribute("class") == "more" }
                val shown = page.rows("pool").values.sumOf { it.first() }
                shown + more.sumOf { it.below("data").first().getAttribute("value").toLong() } shouldBe
                    snapshot.budget.used
                page.all("a").count { it.hasAttribute("data-held") } shouldBeLessThan 2001
                open.forEach { it.close() }
                pools.forEach { it.close() }
            }
        }

        test("the sample writes a page") {
            MappedFiles().use { files ->
                val path = files.path("memory.html")
                reportOfAll(path) {}
                path.fileSize() shouldBeGreaterThan 1000
            }
        }
    }

    private fun ParsedPage.table(look: String): List<Element> =
        all("table").single { it.getAttribute("class") == look }.below("tbody").single().below("tr")

    private fun site(site: String, tag: String?, millis: Long = 5) = SiteFigures(site, tag, 1, 100, millis)

    private fun figures(of: PoolStatistics): List<Long> = listOfNotNull(
        of.reserved,
        of.used,
        of.idle,
        of.quarantined,
        of.limit.takeIf { it != Long.MAX_VALUE },
        of.peak,
        of.leases,
        of.rents,
        of.waiters.toLong(),
    )
}
