package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class ByteSizesSpec : FunSpec() {
    init {
        test("a size of an Int never overflows") {
            Int.MAX_VALUE.KiB shouldBe 2_199_023_254_528
            Int.MAX_VALUE.MiB shouldBe 2_251_799_812_636_672
            Int.MIN_VALUE.GiB shouldBe -2_305_843_009_213_693_952
        }

        test("a size of a Long is that of the same Int") {
            listOf(-3, 0, 1, 64, Int.MAX_VALUE).forEach {
                it.toLong().KiB shouldBe it.KiB
                it.toLong().MiB shouldBe it.MiB
                it.toLong().GiB shouldBe it.GiB
            }
        }

        test("the largest sizes of a Long are exact") {
            ((1L shl 53) - 1).KiB shouldBe Long.MAX_VALUE - 1023
            ((1L shl 43) - 1).MiB shouldBe Long.MAX_VALUE - 1_048_575
            ((1L shl 33) - 1).GiB shouldBe Long.MAX_VALUE - 1_073_741_823
        }

        test("a size of a Long that does not fit is refused instead of wrapping around") {
            shouldThrow<ArithmeticException> { (1L shl 53).KiB }
            shouldThrow<ArithmeticException> { (1L shl 43).MiB }
            shouldThrow<ArithmeticException> { (1L shl 33).GiB }
            shouldThrow<ArithmeticException> { Long.MIN_VALUE.KiB }
        }
    }
}
