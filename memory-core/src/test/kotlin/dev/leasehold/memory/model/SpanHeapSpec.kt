package dev.leasehold.memory.model

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.store.Region
import dev.leasehold.memory.internal.store.Span
import dev.leasehold.memory.internal.store.SpanHeap
import dev.leasehold.memory.support.SimulatedPlatform
import dev.leasehold.memory.support.quietly
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import kotlin.random.Random

class SpanHeapSpec : FunSpec({
    for (discards in listOf(true, false)) {
        val kind = if (discards) "takes single pages back" else "takes whole mappings back only"
        for (limit in listOf(Long.MAX_VALUE, 6.MiB, 100 * 4096L)) {
            test("random takes, frees, extensions and shrinks keep the model on a system that $kind, limit $limit") {
                val seed = Effort.seed("span heap")
                repeat(Effort.times(4)) { round ->
                    val random = Random(seed + round)
                    val model = SpanModel(SimulatedPlatform(discards), limit, random)
                    repeat(1500) {
                        model.step()
                        model.check()
                    }
                    model.end()
                }
            }
        }

        test("the model holds whichever call a system that $kind refuses") {
            val seed = Effort.seed("span heap faults")
            quietly(Effort.times(10)) { round ->
                val random = Random(seed + round)
                val platform = SimulatedPlatform(discards)
                val refusals = Random(round)
                platform.refuse = { refusals.nextInt(4) == 0 }
                val model = SpanModel(platform, 6.MiB, random)
                repeat(500) {
                    model.step()
                    model.check()
                }
                platform.refuse = { false }
                model.end()
            }
        }
    }

    test("the model finds two free spans side by side, a page too many, and a span that was lost") {
        val sabotages = listOf<(SpanHeap, SimulatedPlatform) -> Unit>(
            { heap, _ ->
                val whole = heap.allRegions.first().freeAt(1)!!
                whole.region.leave(whole)
                whole.pages--
                whole.region.enter(whole)
                whole.region.enter(Span(whole.region, whole.until, 1).apply { free = true })
            },
            { heap, platform -> platform.touch(heap.allRegions.first().addressOf(1), 4096) },
            { heap, _ -> heap.take(1, paid = false) },
        )
        for (sabotage in sabotages) {
            val platform = SimulatedPlatform()
            val model = SpanModel(platform, Long.MAX_VALUE, Random(1))
            model.take(1)
            model.check()
            sabotage(model.heap, platform)
            shouldThrow<IllegalStateException> { model.check() }
        }
    }

    fun heap(limit: Long = Long.MAX_VALUE, platform: SimulatedPlatform = SimulatedPlatform()) =
        SpanHeap(platform, BudgetLeaf("store", limit, null))

    test("a span that comes back twice is refused") {
        val heap = heap()
        val span = heap.take(3, paid = true)!!
        val other = heap.take(3, paid = true)!!
        heap.giveBack(span)
        shouldThrow<IllegalStateException> { heap.giveBack(span) }.message!! shouldContain "came back twice"
        heap.giveBack(other)
        heap.trim()
    }

    test("pages that are here are taken before pages that must be paid for") {
        val leaf = BudgetLeaf("store", Long.MAX_VALUE, null)
        val heap = SpanHeap(SimulatedPlatform(), leaf)
        val spans = List(40) { heap.take(10, paid = true)!! }
        spans.filterIndexed { index, _ -> index % 2 == 0 }.forEach(heap::giveBack)
        val reserved = leaf.reserved
        repeat(20) { heap.take(10, paid = true) shouldNotBe null }
        leaf.reserved shouldBe reserved
        heap.idleBytes shouldBe 0
    }

    test("an extension takes what lies behind, and no more than there is") {
        val leaf = BudgetLeaf("store", Long.MAX_VALUE, null)
        val heap = SpanHeap(SimulatedPlatform(), leaf)
        val (low, middle, high) = List(3) { heap.take(10, paid = true)!! }
        heap.tryExtend(low, 11) shouldBe false
        heap.giveBack(middle)
        heap.tryExtend(low, 21) shouldBe false
        low.pages shouldBe 10
        heap.tryExtend(low, 15) shouldBe true
        leaf.reserved shouldBe 30 * 4096L
        heap.tryExtend(low, 20) shouldBe true
        heap.spanAt(low.address + 19 * 4096) shouldBe low
        heap.shrink(low, 3)
        heap.idleBytes shouldBe 17 * 4096L
        heap.giveBack(low)
        heap.giveBack(high)
        heap.trim() shouldBe 30 * 4096L
        heap.mappedBytes shouldBe 0
    }

    test("an extension that the limit does not allow changes nothing") {
        val leaf = BudgetLeaf("store", 12 * 4096L, null)
        val heap = SpanHeap(SimulatedPlatform(), leaf)
        val span = heap.take(10, paid = true)!!
        heap.tryExtend(span, 13) shouldBe false
        span.pages shouldBe 10
        leaf.reserved shouldBe 10 * 4096L
        heap.tryExtend(span, 12) shouldBe true
        leaf.reserved shouldBe 12 * 4096L
    }

    test("a page's id outlives everything but its region, and names no other page afterwards") {
        val heap = heap()
        val ids = HashSet<Long>()
        repeat(50) {
            val span = heap.take(5, paid = true)!!
            val address = span.address
            val id = heap.pageIdOf(address + 4 * 4096 + 17)
            heap.addressOfPage(id) shouldBe address + 4 * 4096
            ids.add(id) shouldBe true
            heap.shrink(span, 2)
            heap.addressOfPage(id) shouldBe address + 4 * 4096
            heap.giveBack(span)
            heap.trim()
            heap.addressOfPage(id) shouldBe 0
            heap.pageIdOf(address) shouldBe -1
        }
        heap.addressOfPage(Long.MAX_VALUE) shouldBe 0
    }

    test("what is dropped is what got idle longest ago, a part of a span if that is enough") {
        val platform = SimulatedPlatform()
        val heap = heap(platform = platform)
        val spans = List(9) { heap.take(10, paid = true)!!.also { platform.touch(it.address, 10 * 4096) } }
        for (index in listOf(3, 5, 1)) heap.giveBack(spans[index])
        heap.dropOldest(4 * 4096) shouldBe true
        spans[3].idle shouldBe 6
        spans[5].idle shouldBe 10
        heap.dropOldest(100 * 4096) shouldBe true
        spans[3].idle shouldBe 0
        heap.dropOldest(4096) shouldBe true
        spans[5].idle shouldBe 9
        heap.idleBytes shouldBe 19 * 4096
        platform.residentBytes shouldBe heap.residentBytes
    }

    test("a large request gets a region of its own, and a small limit gets small ones") {
        val heap = heap()
        val span = heap.take(5000, paid = true)!!
        heap.mappedBytes shouldBe 5000 * 4096L
        heap.giveBack(span)
        heap.trim()
        heap.take(Region.MOST_PAGES + 1, paid = false) shouldBe null
        val small = heap(64.KiB)
        small.take(1, paid = true) shouldNotBe null
        small.mappedBytes shouldBeLessThanOrEqualTo 64.KiB
        small.idleBytes shouldBe 0
    }

    test("regions grow with what is mapped") {
        val heap = heap()
        repeat(64) { heap.take(2048, paid = false) shouldNotBe null }
        heap.mappedBytes shouldBeGreaterThan 512.MiB - 1
        heap.allRegions.size shouldBeLessThanOrEqualTo 40
    }
})
