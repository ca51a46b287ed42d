package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.GiB
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.InvalidAddressRangeException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

class AddressRangeSpec : FunSpec() {
    init {
        test("a range has both of its ends") {
            val range = AddressRange.between(0x1000, 0x1fff)
            (0x1000L in range) shouldBe true
            (0x1fffL in range) shouldBe true
            (0xfffL in range) shouldBe false
            (0x2000L in range) shouldBe false
        }

        test("addresses are unsigned: a range may reach over the middle of all of them") {
            val range = AddressRange.between(Long.MAX_VALUE, Long.MIN_VALUE)
            (Long.MAX_VALUE in range) shouldBe true
            (Long.MIN_VALUE in range) shouldBe true
            (0L in range) shouldBe false
            (-1L in range) shouldBe false
            (-1L in AddressRange.ANYWHERE) shouldBe true
        }

        test("a range around an address ends at the first and the last of all addresses") {
            AddressRange.around(0x1000, 2.GiB) shouldBe AddressRange.between(0, 0x8000_1000)
            AddressRange.around(-0x1000, 2.GiB) shouldBe AddressRange.between(-0x8000_1000, -1)
            AddressRange.around(0x7f00_0000_0000, 0x1000) shouldBe
                AddressRange.between(0x7eff_ffff_f000, 0x7f00_0000_1000)
            AddressRange.around(Long.MAX_VALUE, Long.MAX_VALUE) shouldBe AddressRange.between(0, -2)
            AddressRange.around(Long.MIN_VALUE, Long.MAX_VALUE) shouldBe AddressRange.between(1, -1)
            AddressRange.around(7, 0) shouldBe AddressRange.between(7, 7)
        }

        test("the low ranges end where 31 and 32 bits do") {
            AddressRange.LOW_2_GIB.last shouldBe 0x7fff_ffff
            AddressRange.LOW_4_GIB.last shouldBe 0xffff_ffff
            (AddressRange.LOW_2_GIB in AddressRange.LOW_4_GIB) shouldBe true
            (AddressRange.LOW_4_GIB in AddressRange.LOW_2_GIB) shouldBe false
        }

        test("ranges are equal when their ends are") {
            AddressRange.between(1, 2) shouldBe AddressRange.between(1, 2)
            AddressRange.between(1, 2).hashCode() shouldBe AddressRange.between(1, 2).hashCode()
            AddressRange.between(1, 2) shouldNotBe AddressRange.between(1, 3)
        }

        test("a range shows its ends in hexadecimal") {
            AddressRange.between(0x1_0000, -1).toString() shouldBe "0x10000..0xffffffffffffffff"
        }

        test("a range that ends before it begins is refused") {
            shouldThrow<InvalidAddressRangeException> { AddressRange.between(2, 1) }.message shouldBe
                "a range must not end, at 0x1, before it begins, at 0x2"
            shouldThrow<InvalidAddressRangeException> { AddressRange.between(-1, 1) }.first shouldBe -1
        }

        test("a distance must not be negative") {
            shouldThrow<InvalidSizeException> { AddressRange.around(0, -1) }.message shouldBe
                "a distance must not be negative, and was -1 bytes"
        }
    }
}
