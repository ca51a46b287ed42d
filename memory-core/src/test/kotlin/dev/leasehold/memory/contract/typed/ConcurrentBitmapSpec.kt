package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.samples.numberedPlaces
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.typed.BitNotSetException
import dev.leasehold.memory.typed.BitmapFullException
import dev.leasehold.memory.typed.ConcurrentBitmap
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.TypedMemoryClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

/** What a bitmap does for one thread, and what it refuses, word for word. */
class ConcurrentBitmapSpec : FunSpec() {
    private fun withBits(size: Long, action: (ConcurrentBitmap) -> Unit) {
        SystemMemoryManager("bits").use { manager ->
            ConcurrentBitmap(manager, size).use(action)
            manager.stats().used shouldBe 0
        }
    }

    private fun ConcurrentBitmap.all(): List<Long> = buildList { this@all.forEachSet { add(it) } }

    init {
        test("single bits are allocated from the first on, until all are set") {
            for (size in longArrayOf(1, 2, 63, 64, 65, 128, 200)) {
                withBits(size) { bits ->
                    for (bit in 0 until size) bits.allocate() shouldBe bit
                    bits.tryAllocate() shouldBe -1
                    bits.count() shouldBe size
                }
            }
        }

        test("what a thread has freed is searched first") {
            withBits(1000) { bits ->
                repeat(1000) { bits.allocate() }
                for (bit in longArrayOf(5, 999, 64, 500)) {
                    bits.free(bit)
                    bits.allocate() shouldBe bit
                }
            }
        }

        test("a run lies in one word or in two, as it comes") {
            for (length in 1..64) {
                withBits(64L * length) { bits ->
                    for (number in 0L until 64) bits.allocate(length) shouldBe number * length
                    bits.count() shouldBe 64L * length
                    bits.tryAllocate(length) shouldBe -1
                    bits.free(10L * length, length)
                    bits.allocate(length) shouldBe 10L * length
                }
            }
        }

        test("a run is never made of bits that do not follow one another") {
            withBits(128) { bits ->
                for (bit in 0L until 128 step 2) bits.set(bit)
                bits.tryAllocate(2) shouldBe -1
                bits.clear(64)
                bits.tryAllocate(4) shouldBe -1
                bits.allocate(3) shouldBe 63
                bits.clear(0)
                bits.tryAllocate(3) shouldBe -1
                bits.allocate(2) shouldBe 0
            }
        }

        test("a run does not reach beyond the last bit") {
            withBits(100) { bits ->
                for (bit in 0L until 100) if (bit !in 90L..99) bits.set(bit)
                bits.tryAllocate(11) shouldBe -1
                bits.allocate(10) shouldBe 90
            }
            withBits(66) { bits ->
                for (bit in 0L until 60) bits.set(bit)
                bits.tryAllocate(7) shouldBe -1
                bits.allocate(6) shouldBe 60
            }
        }

        test("bits are set, cleared, tested, counted and found one by one") {
            withBits(300) { bits ->
                bits.set(7).shouldBeTrue()
                bits.set(7).shouldBeFalse()
                bits[7].shouldBeTrue()
                bits[8].shouldBeFalse()
                bits[299] = true
                bits[64] = true
                bits[7] = false
                bits.all() shouldContainExactly listOf(64L, 299L)
                bits.toList() shouldContainExactly listOf(64L, 299L)
                bits.clear(64).shouldBeTrue()
                bits.clear(64).shouldBeFalse()
                bits.count() shouldBe 1
                bits.nextSet(0) shouldBe 299
                bits.nextSet(299) shouldBe 299
                bits.nextSet(300) shouldBe -1
                bits.clear()
                bits.count() shouldBe 0
                bits.nextSet(0) shouldBe -1
                bits.all() shouldContainExactly emptyList()
                shouldThrow<NoSuchElementException> { bits.iterator().nextLong() }
            }
        }

        test("a double free is refused, and nothing has changed") {
            withBits(200) { bits ->
                val run = bits.allocate(64)
                val across = bits.allocate(40)
                bits.free(run, 64)
                val before = bits.all()
                val refusal = shouldThrow<BitNotSetException> { bits.free(run, 64) }
                refusal.message shouldBe
                    "bitmap of manager 'bits': bit 0, of the 64 from 0 on, is not set: free what " +
                    "was allocated once, with the same length"
                refusal.index shouldBe 0
                bits.tryFree(across - 1, 2).shouldBeFalse()
                bits.tryFree(across + 39, 2).shouldBeFalse()
                shouldThrow<BitNotSetException> { bits.free(104) }.message shouldBe
                    "bitmap of manager 'bits': bit 104 is not set: free what was allocated once, with the same length"
                shouldThrow<BitNotSetException> { bits.free(100, 30) }.index shouldBe 104
                shouldThrow<BitNotSetException> { bits.free(63, 30) }.index shouldBe 63
                bits.all() shouldContainExactly before
                bits.tryFree(across, 40).shouldBeTrue()
                bits.count() shouldBe 0
            }
        }

        test("a full bitmap says for what, and how full it is") {
            withBits(1100) { bits ->
                for (bit in 0L until 1100 step 2) bits.set(bit)
                val refusal = shouldThrow<BitmapFullException> { bits.allocate(2) }
                refusal.message shouldBe "bitmap of manager 'bits' has no run of 2 clear bits (550 of 1,100 bits are " +
                    "set): free bits that are no longer used, or grow it"
                refusal.length shouldBe 2
                refusal.size shouldBe 1100
            }
            withBits(1) { bits ->
                bits.allocate() shouldBe 0
                shouldThrow<BitmapFullException> { bits.allocate() }.message shouldBe "bitmap of manager 'bits' has " +
                    "no clear bit (1 of 1 bit are set): free bits that are no longer used, or grow it"
            }
        }

        test("bits that are not there are refused") {
            withBits(128) { bits ->
                val uses: List<(Long) -> Unit> = listOf(
                    { bits[it] },
                    { bits.set(it) },
                    { bits.clear(it) },
                    { bits.free(it) },
                    { bits[it] = true },
                )
                for (index in longArrayOf(-1, 128, Long.MAX_VALUE, Long.MIN_VALUE)) {
                    for (use in uses) {
                        val refusal = shouldThrow<ElementBoundsException> { use(index) }
                        refusal.index shouldBe index
                        refusal.count shouldBe 128
                    }
                }
                shouldThrow<ElementBoundsException> { bits[1000] }.message shouldBe
                    "bitmap of manager 'bits' has no bit 1,000: it has 128 bits, from 0 to 127"
                shouldThrow<ElementBoundsException> { bits.free(120, 9) }.index shouldBe 128
                shouldThrow<ElementBoundsException> { bits.nextSet(129) }
                bits.count() shouldBe 0
            }
        }

        test("a length that no run has, and a size that no bitmap has, are refused") {
            withBits(128) { bits ->
                for (length in intArrayOf(0, -1, 65)) {
                    val words = "bitmap of manager 'bits': from 1 to 64 bits can be allocated at once, and $length " +
                        "were requested"
                    shouldThrow<InvalidSizeException> { bits.allocate(length) }.message shouldBe words
                    shouldThrow<InvalidSizeException> { bits.free(0, length) }.message shouldBe words
                }
            }
            SystemMemoryManager("bits").use { manager ->
                for (size in longArrayOf(0, -1)) {
                    shouldThrow<InvalidSizeException> { ConcurrentBitmap(manager, size) }.message shouldBe
                        "bitmap of manager 'bits': a bitmap has from 1 to 70,368,744,177,664 bits, and $size were " +
                        "requested"
                }
                manager.stats().allocations shouldBe 0
            }
        }

        test("it grows with its bits where they are, in the room that there is, or with another block") {
            withBits(70) { bits ->
                repeat(70) { bits.allocate() }
                bits.grow(50)
                bits.size shouldBe 70
                bits.grow(128)
                bits.byteSize shouldBe 64 + 16
                bits.blocks.size shouldBe 1
                for (bit in 70L until 128) bits.allocate() shouldBe bit
                bits.tryAllocate() shouldBe -1
                bits.grow(129)
                bits.blocks.size shouldBe 2
                bits.byteSize shouldBe 2 * (64 + 16)
                bits.allocate() shouldBe 128
                bits.tryAllocate() shouldBe -1
                bits.grow(10_000)
                bits.count() shouldBe 129
                for (bit in 129L until 10_000) bits.allocate() shouldBe bit
                // Across the border of two blocks.
                for (bit in 120L until 129) bits.clear(bit)
                bits.allocate(9) shouldBe 120
                bits.count() shouldBe 10_000
                bits.all() shouldContainExactly (0L until 10_000).toList()
            }
        }

        test("a growth that is refused leaves it as it was") {
            MemoryBudget("narrow", limit = 64.KiB).use { budget ->
                SystemMemoryManager("bits") { this.budget = budget }.use { manager ->
                    ConcurrentBitmap(manager, 1000).use { bits ->
                        repeat(1000) { bits.allocate() }
                        shouldThrow<BudgetExceededException> { bits.grow(10_000_000) }
                        bits.size shouldBe 1000
                        bits.count() shouldBe 1000
                        bits.tryAllocate() shouldBe -1
                        bits.free(7)
                        bits.allocate() shouldBe 7
                        bits.grow(2000)
                        bits.allocate() shouldBe 1000
                    }
                    shouldThrow<BudgetExceededException> { ConcurrentBitmap(manager, 10_000_000) }
                    manager.stats().used shouldBe 0
                }
            }
            val platform = ScriptedPlatform()
            val manager: MemoryManager = SystemMemoryManager.make("faults", ManagerOptions(), platform)
            val bits = ConcurrentBitmap(manager, 100)
            bits.allocate() shouldBe 0
            platform.refuseMap = { true }
            shouldThrow<MemoryExhaustedException> { bits.grow(100_000_000) }
            platform.refuseMap = { false }
            bits.size shouldBe 100
            bits.all() shouldContainExactly listOf(0L)
            bits.close()
            manager.stats().used shouldBe 0
            manager.close()
        }

        test("a closed one refuses, gives its memory back, and may be closed again") {
            SystemMemoryManager("bits").use { manager ->
                val bits = ConcurrentBitmap(manager, 128)
                bits.grow(10_000)
                bits.close()
                bits.close()
                bits.isClosed.shouldBeTrue()
                manager.stats().blocks shouldBe 0
                val uses: List<() -> Unit> = listOf(
                    { bits.allocate() },
                    { bits.free(0) },
                    { bits[0] },
                    { bits.set(0) },
                    { bits.clear() },
                    { bits.count() },
                    { bits.grow(5) },
                    { bits.size },
                    { bits.nextSet(0) },
                )
                for (use in uses) {
                    shouldThrow<TypedMemoryClosedException>(use).message shouldBe
                        "bitmap of manager 'bits' is closed: close it when its bits are no longer used"
                }
                bits.byteSize shouldBe 0
                bits.blocks shouldContainExactly emptyList()
                bits.toString() shouldBe "ConcurrentBitmap(closed, manager 'bits')"
            }
        }

        test("it is opened again in its blocks, at any address") {
            SystemMemoryManager("bits").use { manager ->
                val bits = ConcurrentBitmap(manager, 100)
                bits.grow(1000)
                bits.grow(5000)
                val set = longArrayOf(0, 63, 64, 99, 127, 128, 999, 4999)
                set.forEach { bits.set(it) }
                bits.toString() shouldBe "ConcurrentBitmap(5,000 bits, 8 set, manager 'bits')"
                val copies = bits.blocks.map { block ->
                    manager.allocate(block.size).also { copy ->
                        block.withSegment { from -> copy.withSegment { to -> from.copyTo(to) } }
                    }
                }
                val released = bits.release()
                bits.isClosed.shouldBeTrue()
                shouldThrow<TypedMemoryClosedException> { bits.release() }
                bits.close()
                for (blocks in listOf(copies, released)) {
                    val opened = ConcurrentBitmap.open(blocks)
                    opened.size shouldBe 5000
                    opened.all() shouldContainExactly set.toList()
                    opened.grow(20_000)
                    opened[19_999].shouldBeFalse()
                    opened.close()
                }
                manager.stats().used shouldBe 0
            }
        }

        test("other blocks, or too few, or in another order, are not opened, and stay the caller's") {
            SystemMemoryManager("bits").use { manager ->
                val bits = ConcurrentBitmap(manager, 128)
                bits.grow(200)
                val (first, second) = bits.blocks
                val other = manager.allocateZeroed(80)
                val small = manager.allocateZeroed(8)
                val words = "is not block 1 of a bitmap of version 1: open the blocks of one ConcurrentBitmap, all " +
                    "of them, in their order"
                for (wrong in listOf(listOf(other), listOf(second), listOf(second, first))) {
                    shouldThrow<ElementLayoutException> { ConcurrentBitmap.open(wrong) }.message shouldBe
                        "The block of 80 bytes from manager 'bits' $words"
                }
                shouldThrow<ElementLayoutException> { ConcurrentBitmap.open(listOf(small)) }
                shouldThrow<ElementLayoutException> { ConcurrentBitmap.open(listOf(first, first)) }
                shouldThrow<ElementLayoutException> { ConcurrentBitmap.open(listOf(first)) }.message shouldBe
                    "The bitmap in the block of 80 bytes from manager 'bits' has 200 bits, and the blocks hold 128: " +
                    "open all of its blocks"
                shouldThrow<ElementLayoutException> { ConcurrentBitmap.open(emptyList()) }.message shouldBe
                    "A bitmap lies in one block or more: open all of its blocks"
                listOf(other, small).forEach(Block::close)
                bits.close()
                manager.stats().used shouldBe 0
            }
        }

        test("where the manager takes all blocks back, the bitmap says so") {
            SystemMemoryManager("bits").use { manager ->
                val bits = ConcurrentBitmap(manager, 128)
                manager.clear()
                shouldThrow<ViewClosedException> { bits.allocate() }
                bits.close()
            }
        }

        test("the sample does what it says") {
            SystemMemoryManager("samples").use { numberedPlaces(it) shouldContainExactly listOf(0L, 3L, 1L) }
        }
    }

    private fun ConcurrentBitmap.toList(): List<Long> = buildList { for (bit in this@toList) add(bit) }
}
