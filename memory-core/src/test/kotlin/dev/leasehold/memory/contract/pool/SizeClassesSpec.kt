package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.internal.block.SizeClasses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class SizeClassesSpec : FunSpec({
    test("at most a quarter of a block is wasted beyond rounding to the alignment, for every size") {
        for (size in 1..SizeClasses.LARGEST) {
            val block = SizeClasses.sizeOf(SizeClasses.indexOf(size))
            val unit = if (size >= 64) 64 else 16
            val rounded = (size + unit - 1) and -unit.toLong()
            if (block < size || (block - rounded) * 4 > block) throw AssertionError("$size bytes take $block")
        }
    }

    test("a size takes the smallest block that holds it") {
        for (index in 0 until SizeClasses.COUNT) {
            SizeClasses.indexOf(SizeClasses.sizeOf(index)) shouldBe index
            if (index > 0) SizeClasses.indexOf(SizeClasses.sizeOf(index - 1) + 1) shouldBe index
        }
        SizeClasses.sizeOf(SizeClasses.COUNT - 1) shouldBe SizeClasses.LARGEST
    }

    test("a size that is no block's has no class, and not another's") {
        val bounds = (20..63).flatMap { shift -> listOf(1L shl shift, 5L shl (shift - 2)) }
        for (size in listOf(0L, -1, Long.MIN_VALUE, Long.MAX_VALUE) + bounds.map { it + 1 }) {
            SizeClasses.indexOf(size) shouldBe SizeClasses.NONE
        }
        (SizeClasses.NONE > SizeClasses.COUNT) shouldBe true
    }

    test("every alignment up to a page has a block, all of whose neighbours are aligned too") {
        for (shift in 0..12) {
            val alignment = 1L shl shift
            for (size in 1L..20_000) {
                val block = SizeClasses.sizeOf(SizeClasses.indexOf(size, alignment))
                if (block < size || block % alignment != 0L) throw AssertionError("$size at $alignment takes $block")
            }
        }
    }
})
