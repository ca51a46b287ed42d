package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.internal.permanent.Gaps
import dev.leasehold.memory.internal.platform.LinuxMap
import dev.leasehold.memory.internal.platform.Regions
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

/** What is free between regions, and where in it something fits. */
class GapsSpec : FunSpec() {
    private fun regions(vararg lines: String): Regions =
        LinuxMap.parse(lines.joinToString("") { "${it.replace(" ", " rw-p 0 0 0 ")}\n" }.toByteArray())

    private fun Gaps.show(): List<String> = buildList {
        forEach { first, last, _ -> add("%x..%x".format(first, last)) }
    }

    private fun Gaps.showPlaces(bytes: Long, alignment: Long = 0x1000): List<String> =
        places(bytes, alignment).map { "%x".format(it) }

    private val two = regions("10000-20000 a", "30000-40000 b")

    init {
        test("what is before, between and behind regions") {
            Gaps(two, 0, 0xfffff).show() shouldBe listOf("0..ffff", "20000..2ffff", "40000..fffff")
        }

        test("a window may begin and end inside of regions") {
            Gaps(two, 0x18000, 0x38000).show() shouldBe listOf("20000..2ffff")
            Gaps(two, 0x20000, 0x2ffff).show() shouldBe listOf("20000..2ffff")
            Gaps(two, 0x21000, 0x21fff).show() shouldBe listOf("21000..21fff")
        }

        test("regions that touch leave no gap") {
            Gaps(regions("10000-20000 a", "20000-30000 b"), 0x10000, 0x2ffff).show().shouldBeEmpty()
        }

        test("without regions all is free, up to the last of all addresses") {
            Gaps(regions(), 0, -1).show() shouldBe listOf("0..ffffffffffffffff")
            Gaps(regions(), 0, -1).showPlaces(0x1000) shouldBe listOf("0", "fffffffffffff000")
        }

        test("a window over the middle of all addresses, where a Long becomes negative") {
            val around = regions("7fffffffffff0000-8000000000010000 middle")
            Gaps(around, 0x7ffffffffffe0000, Long.MIN_VALUE + 0x1ffff).show() shouldBe
                listOf("7ffffffffffe0000..7ffffffffffeffff", "8000000000010000..800000000001ffff")
            Gaps(regions(), 0x7fffffffffff0000, Long.MIN_VALUE + 0xffff).showPlaces(0x1000) shouldBe
                listOf("7fffffffffff0000", "800000000000f000")
        }

        test("the vsyscall page is no gap's end but its own") {
            val some = regions("10000-20000 a", "ffffffffff600000-ffffffffff601000 [vsyscall]")
            Gaps(some, 0x20000, 0x7fffffffefff).show() shouldBe listOf("20000..7fffffffefff")
            Gaps(some, -0x10_0000_0000, -1).show() shouldBe
                listOf("fffffff000000000..ffffffffff5fffff", "ffffffffff601000..ffffffffffffffff")
        }

        test("a window that ends before it begins has no gap") {
            Gaps(two, 0x5000, 0x4fff).show().shouldBeEmpty()
        }

        test("both ends of a gap are places, and only one where it just fits") {
            Gaps(two, 0x20000, 0x2ffff).showPlaces(0x4000) shouldBe listOf("20000", "2c000")
            Gaps(two, 0x20000, 0x2ffff).showPlaces(0x10000) shouldBe listOf("20000")
            Gaps(two, 0x20000, 0x2ffff).showPlaces(0x11000).shouldBeEmpty()
        }

        test("the last page of a gap is a place") {
            Gaps(two, 0x2f000, 0x2ffff).showPlaces(0x1000) shouldBe listOf("2f000")
        }

        test("a window that is no whole page, or has none at its ends, is not enough") {
            Gaps(two, 0x20001, 0x21ffe).showPlaces(0x1000).shouldBeEmpty()
            Gaps(two, 0x20001, 0x21fff).showPlaces(0x1000) shouldBe listOf("21000")
        }

        test("places are multiples of the alignment, also where that is above the gap") {
            Gaps(two, 0x40000, 0x8ffff).showPlaces(0x1000, 0x20000) shouldBe listOf("40000", "80000")
            Gaps(two, 0x20000, 0x2ffff).showPlaces(0x1000, 0x40000).shouldBeEmpty()
            Gaps(regions(), -0x2000, -1).showPlaces(0x1000, 0x10000).shouldBeEmpty()
        }

        test("below the stack 8 MiB are kept") {
            val stack = regions("10000-20000 a", "40000000-40020000 [stack]", "50000000-50001000 [vdso]")
            Gaps(stack, 0x20000, 0x4fffffff).show() shouldBe listOf("20000..3f7fffff", "40020000..4fffffff")
        }

        test("the largest gap knows its neighbours") {
            val largest = Gaps(two, 0x10000, 0xfffff).largest().shouldNotBeNull()
            largest.first shouldBe 0x40000
            largest.size shouldBe 0xc0000
            two.name(largest.below) shouldBe "b"
            largest.above shouldBe 2
            Gaps(two, 0x10000, 0x1ffff).largest().shouldBeNull()
        }
    }
}
