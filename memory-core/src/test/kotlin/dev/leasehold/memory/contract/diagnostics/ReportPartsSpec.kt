package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.Shown
import dev.leasehold.memory.internal.diagnostics.Treemap
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.together
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.doubles.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.math.max
import kotlin.random.Random

/** What a page of the report is made of. */
class ReportPartsSpec : FunSpec() {
    init {
        test("bytes have three digits and a binary unit") {
            val shown = listOf(0, 999, 1023, 1024, 1536, 10_000, 102_400, 1_047_552, 1_048_575, 1_048_576, 12_900_000)
                .map { ReportText.bytes(it.toLong()) }
            shown shouldBe listOf(
                "0 B", "999 B", "1,023 B", "1 KiB", "1.5 KiB", "9.77 KiB", "100 KiB", "1,023 KiB", "1 MiB", "1 MiB",
                "12.3 MiB",
            )
            ReportText.bytes(Long.MAX_VALUE) shouldBe "8 EiB"
        }

        test("a percentage is 0 where there is nothing, and 100 only where it is all") {
            listOf(0L, 1L, 372L, 999L, 1000L).map { ReportText.percent(it, 1000) } shouldBe
                listOf("0 %", "<1 %", "37 %", ">99 %", "100 %")
            ReportText.percent(5, 0) shouldBe "0 %"
        }

        test("numbers have their thousands apart, and times the unit that fits") {
            listOf(0L, 999L, 1000L, 1_234_567L, -999L, -1000L, Long.MIN_VALUE).map(ReportText::number) shouldBe
                listOf("0", "999", "1,000", "1,234,567", "-999", "-1,000", "-9,223,372,036,854,775,808")
            listOf(0L, 999L, 119_999L, 7_199_999L, 172_799_999L, 172_800_000L).map(ReportText::duration) shouldBe
                listOf("0 ms", "999 ms", "119 s", "119 min", "47 h", "2 d")
        }

        test("areas are as large as their weights, cover all, touch no other, and are no strips") {
            val random = Random(3)
            repeat(200) {
                val weights = List(1 + random.nextInt(40)) { random.nextDouble(1.0, 100.0) }.sortedDescending()
                val areas = Treemap.areasOf(weights, 300.0, 200.0)
                val scale = 300.0 * 200.0 / weights.sum()
                for ((weight, area) in weights.zip(areas)) {
                    area.width * area.height shouldBe (weight * scale plusOrMinus 0.01)
                    (area.x >= -0.001 && area.x + area.width <= 300.001) shouldBe true
                    (area.y >= -0.001 && area.y + area.height <= 200.001) shouldBe true
                }
                for ((index, one) in areas.withIndex()) {
                    areas.drop(index + 1).filter { it.overlaps(one) }.shouldBeEmpty()
                }
                val widest = areas.take(3).maxOf { max(it.width / it.height, it.height / it.width) }
                if (weights.size > 4) widest shouldBeLessThan 20.0
            }
        }

        test("those that weigh most are shown, each by an id of its own, also where they are equal") {
            val all = listOf("a" to 1L, "b" to 3L, "b" to 3L, "c" to 2L).map { (name, weight) -> Weighed(name, weight) }
            val shown = Shown(all, 3, "o", Weighed::weight)
            shown.list.map { it.name } shouldBe listOf("b", "b", "c")
            all.map(shown::idOf) shouldBe listOf(null, "o0", "o1", "o2")
        }

        test("an attribute that is null is left out, and others cannot end early") {
            val html = HtmlWriter().apply { element("a", "href" to null, "title" to "\"><b", value = "x") }
            "$html" shouldBe "<a title=\"&quot;&gt;&lt;b\">x</a>"
        }

        test("blocks by size are never negative beside threads that rent and close, and exact when they rest") {
            val pool = MemoryPool.isolated("pool") { budget = MemoryBudget.rootOf("app", 64.MiB) }
            val kept = List(50) { pool.rentShared(1.KiB) }
            val ended = AtomicBoolean()
            together(3) { worker ->
                if (worker == 0) {
                    try {
                        repeat(300) {
                            occupancyOf(pool).classes.forEach { (it.leased >= 0 && it.idle >= 0) shouldBe true }
                        }
                    } finally {
                        ended.set(true)
                    }
                } else {
                    val sizes = Random(worker)
                    while (!ended.get()) List(80) { pool.rentShared(sizes.nextLong(1, 40_000)) }.forEach { it.close() }
                }
            }
            occupancyOf(pool).classes.filter { it.leased > 0 }.map { it.blockSize to it.leased } shouldBe
                listOf(1.KiB to 50L)
            occupancyOf(pool).otherBytes shouldBe 0
            kept.forEach { it.close() }
            pool.close()
        }
    }

    private class Weighed(val name: String, val weight: Long)

    private fun Treemap.Area.overlaps(other: Treemap.Area) =
        x + width > other.x + 0.001 && other.x + other.width > x + 0.001 &&
            y + height > other.y + 0.001 && other.y + other.height > y + 0.001

    private fun occupancyOf(pool: MemoryPool) = MemorySnapshot.detailed(pool.budget, 10).pools.single().occupancy!!
}
