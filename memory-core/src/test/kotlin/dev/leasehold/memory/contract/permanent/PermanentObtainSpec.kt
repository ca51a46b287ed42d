package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.GiB
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressRangeExhaustedException
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.support.freshRange
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.Linker

/** Which buffer a request gets, and where it lies. */
class PermanentObtainSpec : FunSpec() {
    init {
        test("what fits is found again, and is the same buffer") {
            val first = PermanentMemory.obtain(100)
            PermanentMemory.obtain(100) shouldBeSameInstanceAs first
            PermanentMemory.buffers().contains(first) shouldBe true
        }

        test("128 buffers of growing size are each found again by their exact size") {
            val range = freshRange(128L * 129 / 2 * 64.KiB)
            val made = List(128) { PermanentMemory.obtain((it + 1) * 64.KiB, range) }
            made.toSet().size shouldBe 128
            made.forEachIndexed { index, memory ->
                memory.size shouldBe (index + 1) * 64.KiB
                PermanentMemory.obtain((index + 1) * 64.KiB, range) shouldBeSameInstanceAs memory
            }
        }

        test("a buffer outside of the range never hides one inside") {
            PermanentMemory.obtain(64.KiB)
            val range = freshRange()
            val inside = PermanentMemory.obtain(64.KiB, range)
            (inside.base in range) shouldBe true
            PermanentMemory.obtain(64.KiB, range) shouldBeSameInstanceAs inside
            val other = AddressRange.between(range.first, inside.base + inside.size - 2)
            PermanentMemory.obtain(64.KiB, other) shouldNotBe inside
        }

        test("the alignment counts to what must fit") {
            val range = freshRange()
            val memory = PermanentMemory.obtain(4096, AddressRange.between(range.first, range.first + 4095))
            memory.append(ByteArray(1))
            PermanentMemory.obtain(2048, range, 2048) shouldBeSameInstanceAs memory
            PermanentMemory.obtain(4095, range) shouldBeSameInstanceAs memory
            PermanentMemory.obtain(4095, range, 64) shouldNotBe memory
        }

        test("an alignment above a page makes the base a multiple of it") {
            val memory = PermanentMemory.obtain(100, alignment = 2.MiB)
            memory.append(ByteArray(100), 2.MiB) % 2.MiB shouldBe 0
        }

        test("in the low 2 GiB and 4 GiB") {
            (PermanentMemory.obtain(100, AddressRange.LOW_2_GIB).base in AddressRange.LOW_2_GIB) shouldBe true
            (PermanentMemory.obtain(100, AddressRange.LOW_4_GIB).base in AddressRange.LOW_4_GIB) shouldBe true
        }

        test("in the upper half of what a process has") {
            val upper = AddressRange.between(0x4000_0000_0000, 0x7fff_ffff_ffff)
            (PermanentMemory.obtain(100, upper).base in upper) shouldBe true
        }

        test("within 2 GiB of a function of a loaded library, to both sides of it") {
            val malloc = Linker.nativeLinker().defaultLookup().find("malloc").get().address()
            val around = AddressRange.around(malloc, 2.GiB - 1.MiB)
            (PermanentMemory.obtain(100, around).base in around) shouldBe true
            val below = AddressRange.between(around.first, malloc)
            val above = AddressRange.between(malloc, around.last)
            (PermanentMemory.obtain(100, below).base in below) shouldBe true
            (PermanentMemory.obtain(100, above).base in above) shouldBe true
        }

        test("in a window of one page, of which all is used") {
            val page = freshRange(4096)
            val memory = PermanentMemory.obtain(4096, page)
            memory.base shouldBe page.first
            memory.size shouldBe 4096
            memory.append(ByteArray(4096)) shouldBe page.first
            // The page is full now, and nothing else fits.
            shouldThrow<AddressRangeExhaustedException> { PermanentMemory.obtain(1, page) }.message shouldContain
                ": nothing there is free: /memfd:leasehold.permanent.1 (deleted) ("
        }

        test("a window that is too small is refused, with what is in the way") {
            val range = freshRange()
            val small = AddressRange.between(range.first, range.first + 8191)
            shouldThrow<AddressRangeExhaustedException> { PermanentMemory.obtain(8193, small) }.run {
                message shouldMatch Regex(
                    "permanent memory: no room for 8,193 bytes in 0x[0-9a-f]+\\.\\.0x[0-9a-f]+: " +
                        "the largest gap has 8,192 bytes at 0x[0-9a-f]+, between .+ and .+; widen the range or request less",
                )
                largestGap shouldBe 8192
                this.range shouldBe small
                requested shouldBe 8193
            }
            (PermanentMemory.obtain(8192, small).base in small) shouldBe true
        }

        test("a window within a page, and one on page 0, have no room") {
            shouldThrow<AddressRangeExhaustedException> {
                PermanentMemory.obtain(1, AddressRange.between(0x2000_0000_0001, 0x2000_0000_0fff))
            }
            shouldThrow<AddressRangeExhaustedException> {
                PermanentMemory.obtain(1, AddressRange.between(0, 0xffff))
            }
        }

        test("a window beyond all that the system gives, and over the middle of all addresses, is refused") {
            shouldThrow<AddressRangeExhaustedException> {
                PermanentMemory.obtain(1, AddressRange.between(Long.MAX_VALUE - 4.MiB, Long.MIN_VALUE + 4.MiB))
            }
            shouldThrow<AddressRangeExhaustedException> {
                PermanentMemory.obtain(1, AddressRange.between(-4.MiB, -1))
            }
            val over = AddressRange.between(0x2000_0000_0000, -1)
            (PermanentMemory.obtain(5.MiB, over).base in over) shouldBe true
        }

        test("a size that nothing can have is refused") {
            shouldThrow<InvalidSizeException> { PermanentMemory.obtain(-1) }
            shouldThrow<InvalidSizeException> { PermanentMemory.obtain((1L shl 47) + 1) }.message shouldBe
                "permanent memory: 140,737,488,355,329 bytes requested, and no buffer may have more than " +
                "140,737,488,355,328 bytes: request less"
            shouldThrow<BudgetExceededException> { PermanentMemory.obtain(1L shl 47) }
        }

        test("private buffers are found by nobody else") {
            val range = freshRange()
            val memory = PermanentMemory.obtainPrivate(100, range)
            PermanentMemory.obtainPrivate(100, range) shouldBeSameInstanceAs memory
            PermanentMemory.buffers().any { it.base == memory.base } shouldBe false
            AddressSpace.regions().find { memory.base in it.range }.shouldNotBeNull().name shouldBe ""
        }

        test("no page can be executed") {
            val bases = PermanentMemory.buffers().map { it.base } + PermanentMemory.obtainPrivate(1).base
            val regions = AddressSpace.regions()
            for (base in bases) {
                regions.find { base in it.range }.shouldNotBeNull().permissions.contains('x') shouldBe false
            }
        }
    }
}
