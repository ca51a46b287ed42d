package dev.leasehold.memory.model

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.store.SlabShape
import dev.leasehold.memory.internal.store.SlabStore
import dev.leasehold.memory.support.SimulatedPlatform
import dev.leasehold.memory.support.quietly
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import kotlin.random.Random

class SlabStoreSpec : FunSpec({
    val classOf = { size: Long -> SizeClasses.indexOf(size) }

    fun store(limit: Long = Long.MAX_VALUE, idleBound: Long = 1.MiB, platform: Platform = SimulatedPlatform()) =
        SlabStore(platform, BudgetLeaf("store", limit, null)) { idleBound }

    for (page in longArrayOf(4096, 16_384, 65_536)) {
        test("every slab is used up to its end and holds eight blocks, and every span is whole pages of $page bytes") {
            val shape = SlabShape(page)
            for (index in 0 until SizeClasses.COUNT) {
                val size = SizeClasses.sizeOf(index)
                if (shape.isSpan(index)) {
                    shape.pagesOfBlock(index) * page shouldBe size
                } else {
                    val bytes = shape.usualPages(index) * page
                    bytes % size shouldBe 0
                    bytes / size shouldBeGreaterThanOrEqualTo 8
                    bytes shouldBeLessThanOrEqualTo maxOf(2 * SlabShape.LEAST_SLAB, 8 * size, 7 * page)
                }
            }
        }
    }

    for (discards in listOf(true, false)) {
        val kind = if (discards) "takes single pages back" else "takes whole mappings back only"
        for (limit in listOf(Long.MAX_VALUE, 8.MiB, 200.KiB)) {
            test("blocks, pages and large blocks keep the model on a system that $kind, limit $limit") {
                val seed = Effort.seed("store")
                repeat(Effort.times(4)) { round ->
                    val model = StoreModel(SimulatedPlatform(discards), limit, Random(seed + round))
                    repeat(1500) {
                        model.step()
                        model.check()
                        if (discards && it % 50 == 0) model.checkPages(256.KiB)
                    }
                    model.end()
                }
            }
        }

        test("the model holds whichever call a system that $kind refuses, and nothing is lost") {
            val seed = Effort.seed("store faults")
            quietly(Effort.times(30)) { round ->
                val platform = SimulatedPlatform(discards)
                val refusals = Random(seed - round)
                val model = StoreModel(platform, 8.MiB, Random(seed + round))
                platform.refuse = { if (round < 20) it == round else refusals.nextInt(3) == 0 }
                repeat(300) {
                    model.step()
                    model.check()
                }
                platform.refuse = { false }
                model.end()
            }
        }
    }

    test("what is idle goes back by itself, whatever it was") {
        val sizes = listOf(16L, 100, 3000, 20_000, 32.KiB, 100_000, 1.MiB)
        for (bound in longArrayOf(0, 64.KiB, 2.MiB)) {
            for (size in sizes) {
                val platform = SimulatedPlatform()
                val store = store(idleBound = bound, platform = platform)
                val count = (8.MiB / size).toInt()
                val blocks = List(count) { store.take(classOf(size)).also { at -> platform.touch(at, size) } }
                // Every other one first, so that slabs and regions stay in use.
                for (index in blocks.indices step 2) store.giveBack(blocks[index])
                if (size >= 4096) {
                    platform.residentBytes shouldBeLessThanOrEqualTo store.outBytes + bound + count * 4096L
                }
                for (index in 1 until blocks.size step 2) store.giveBack(blocks[index])
                store.outBytes shouldBe 0
                platform.residentBytes shouldBeLessThanOrEqualTo bound
                store.leaf.reserved shouldBeLessThanOrEqualTo bound
                // And what may stay does.
                store.leaf.reserved shouldBeGreaterThanOrEqualTo bound / 8 * 7 - 1.MiB
            }
        }
    }

    test("a bound that is never looked at keeps everything, as the check would see") {
        val platform = SimulatedPlatform()
        val store = store(idleBound = Long.MAX_VALUE, platform = platform)
        val blocks = List(8192) { store.take(classOf(1024)).also { at -> platform.touch(at, 1024) } }
        blocks.forEach(store::giveBack)
        platform.residentBytes shouldBe 8.MiB
        store.leaf.reserved shouldBe 8.MiB
    }

    test("an idle bound frees a part of itself at a time") {
        val platform = SimulatedPlatform()
        val store = store(idleBound = 4.MiB, platform = platform)
        val blocks = List(16 * 64) { store.take(classOf(64.KiB)).also { at -> platform.touch(at, 64.KiB) } }
        for (index in blocks.indices step 2) store.giveBack(blocks[index])
        // 512 blocks came back, 64 of them stay; half a mebibyte goes at a time, and a block is a discard.
        platform.discardCalls shouldBeGreaterThan 400
        platform.discardCalls shouldBeLessThan 520
        for (index in 1 until blocks.size step 2) store.giveBack(blocks[index])
        platform.discardCalls shouldBeLessThan 800
    }

    test("a large request fits again under a limit after the space was churned by small blocks") {
        val platform = SimulatedPlatform()
        val store = store(limit = 80.MiB, idleBound = 64.MiB, platform = platform)
        val random = Random(7)
        repeat(3) {
            val blocks = generateSequence {
                store.take(random.nextInt(SizeClasses.COUNT)).takeIf { it != 0L }
            }.toMutableList()
            store.leaf.reserved shouldBeGreaterThan 78.MiB
            blocks.shuffle(random)
            blocks.forEach(store::giveBack)
            val large = store.takeLarge(64.MiB)
            large shouldNotBe null
            store.giveBackLarge(large!!)
        }
        val pages = store.takePages((64.MiB / 4096).toInt())
        pages shouldNotBe 0
        store.giveBackPages(pages, (64.MiB / 4096).toInt())
        store.trim()
        store.leaf.reserved shouldBe 0
        platform.mappedBytes shouldBe 0
    }

    test("a block that grows in place takes what is free behind it, and gives back what it sheds") {
        val store = store()
        val classes = (0 until SizeClasses.COUNT).filter(store::isSpan)
        val least = classes.first()
        val most = classes.last()
        SizeClasses.sizeOf(least) shouldBe 32.KiB
        val block = store.take(least)
        for ((from, to) in classes.zipWithNext()) store.tryExtend(block, from, to) shouldBe true
        store.outBytes shouldBe SizeClasses.LARGEST
        store.leaf.reserved shouldBe SizeClasses.LARGEST
        store.shrink(block, most, least)
        store.outBytes shouldBe 32.KiB
        val behind = store.take(least)
        store.tryExtend(block, least, most) shouldBe false
        shouldThrow<IllegalStateException> { store.tryExtend(block, most, most) }.message!! shouldContain
            "is not one of class"
        store.giveBack(behind)
        store.giveBack(block)
        store.outBytes shouldBe 0
    }

    test("what is idle elsewhere does not stop a block from growing in place") {
        val store = store(limit = 2.MiB, idleBound = 2.MiB)
        val block = store.take(classOf(32.KiB))
        val behind = List(4) { store.take(classOf(256.KiB)) }
        val large = store.takeLarge(2.MiB - 32.KiB - 1.MiB)!!
        store.giveBackLarge(large)
        store.giveBack(behind[0])
        store.leaf.reserved shouldBe 2.MiB
        store.tryExtend(block, classOf(32.KiB), classOf(256.KiB)) shouldBe true
        store.giveBack(behind[1])
        store.leaf.reserved shouldBeLessThanOrEqualTo 2.MiB
        store.tryExtend(block, classOf(256.KiB), classOf(512.KiB)) shouldBe true
        val more = store.takeLarge(1.MiB)!!
        store.leaf.reserved shouldBe 2.MiB
        store.resizeLarge(more, 1.MiB + 1, mayMove = true) shouldBe null
        behind.drop(2).forEach(store::giveBack)
        val grown = store.resizeLarge(more, 1.MiB + 512.KiB, mayMove = true)!!
        store.leaf.reserved shouldBe 2.MiB
        store.outBytes shouldBe 2.MiB
        store.giveBackLarge(grown)
        store.giveBack(block)
    }

    test("what is no block's begin, or came back before, is refused") {
        val store = store()
        val small = store.take(classOf(100))
        val other = store.take(classOf(100))
        val span = store.take(classOf(40_000))
        for (wrong in longArrayOf(small + 1, span + 4096, span + 1, 4096)) {
            shouldThrow<IllegalStateException> { store.giveBack(wrong) }
        }
        store.giveBack(small)
        shouldThrow<IllegalStateException> { store.giveBack(small) }.message!! shouldContain "came back twice"
        store.giveBack(other)
        store.giveBack(span)
        shouldThrow<IllegalStateException> { store.giveBack(span) }
        shouldThrow<IllegalStateException> { store.giveBack(other) }
        shouldThrow<IllegalArgumentException> { store.takePages(0) }
        val pages = store.takePages(3)
        shouldThrow<IllegalStateException> { store.giveBackPages(pages, 2) }
        store.giveBackPages(pages, 3)
        store.outBytes shouldBe 0
    }
})
