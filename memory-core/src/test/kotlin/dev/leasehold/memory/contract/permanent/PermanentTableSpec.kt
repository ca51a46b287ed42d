package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.GiB
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentMemoryDamagedException
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.PermanentTableException
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainInOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import java.lang.foreign.MemorySegment

class PermanentTableSpec : FunSpec() {
    private fun PermanentTable.text(index: Long): String = this[index].getUtf8()

    init {
        test("records are numbered in their order, and found by number and by address") {
            val table = PermanentTable.obtain("ordered")
            table.size shouldBe 0
            repeat(1_000) { table.append("record $it".encodeToByteArray()) shouldBe it.toLong() }
            table.size shouldBe 1_000
            for (index in listOf(0L, 28, 29, 86, 87, 500, 999)) table.text(index) shouldBe "record $index"
            table[7].address shouldBe table.addressOf(7)
            table.toString() shouldBe "PermanentTable('ordered')"
        }

        test("all that obtain a table by its name have the same one") {
            val one = PermanentTable.obtain("same")
            val other = PermanentTable.obtain("same")
            one.append(byteArrayOf(1))
            other.append(MemorySegment.ofArray(byteArrayOf(2)))
            one.append(Segment.of(MemorySegment.ofArray(byteArrayOf(3))))
            other.size shouldBe 3
            List(3) { other[it.toLong()].getByte(0).toInt() } shouldBe listOf(1, 2, 3)
            PermanentTable.find("same").shouldNotBeNull().size shouldBe 3
        }

        test("a table that nobody has made is not found, and names are listed from the oldest on") {
            PermanentTable.find("never made").shouldBeNull()
            PermanentTable.obtain("first of two")
            PermanentTable.obtain("second of two")
            PermanentTable.names() shouldContainInOrder listOf("first of two", "second of two")
        }

        test("records may be empty, and larger than a buffer") {
            val table = PermanentTable.obtain("sizes")
            table.append(ByteArray(0)) shouldBe 0
            table.append(ByteArray(5_000_000) { it.toByte() }) shouldBe 1
            table[0].size shouldBe 0
            table[1].size shouldBe 5_000_000
            table[1].getByte(4_999_999) shouldBe 4_999_999.toByte()
        }

        test("what is read cannot be written") {
            val table = PermanentTable.obtain("read only")
            table.append(ByteArray(8))
            shouldThrow<ReadOnlySegmentException> { table[0].setByte(0, 1) }
        }

        test("a table may have its records in a range") {
            val table = PermanentTable.obtain("low", AddressRange.LOW_4_GIB)
            table.append(ByteArray(8))
            (table.addressOf(0) in AddressRange.LOW_4_GIB) shouldBe true
        }

        test("a record that is not there, and a name that cannot be, are refused") {
            val table = PermanentTable.obtain("refusals")
            table.append(ByteArray(1))
            shouldThrow<PermanentTableException> { table[1] }.message shouldBe
                "table 'refusals' has 1 record, and none of the number 1"
            shouldThrow<PermanentTableException> { table[-1] }
            shouldThrow<PermanentTableException> { PermanentTable.obtain("") }.message shouldBe
                "the name of a table must have 1 to 1,024 bytes, and '' has not"
            shouldThrow<PermanentTableException> { PermanentTable.obtain("x".repeat(1_025)) }
            PermanentTable.obtain("x".repeat(1_024)).size shouldBe 0
        }

        test("threads that make a table and append at the same moment lose no record") {
            val threads = 8
            together(threads) { worker ->
                val table = PermanentTable.obtain("busy")
                repeat(2_000) { table.append("$worker $it".encodeToByteArray()) }
            }
            val table = PermanentTable.obtain("busy")
            table.size shouldBe threads * 2_000L
            val texts = (0 until table.size).mapTo(HashSet()) { table.text(it) }
            texts shouldBe (0 until threads).flatMapTo(HashSet()) { worker -> List(2_000) { "$worker $it" } }
        }

        test("a table whose words someone has overwritten is refused, and not followed") {
            val table = PermanentTable.obtain("damaged")
            val number = table.append(ByteArray(8))
            val address = table.addressOf(number)
            val memory = PermanentMemory.buffers().single { it.holds(address, 8) }
            memory.view(address - 8, 8).setLong(0, 8.GiB)
            shouldThrow<PermanentMemoryDamagedException> { table[number] }.message shouldMatch Regex(
                "permanent memory: a table refers to 0x[0-9a-f]+, where no buffer is: someone has overwritten it",
            )
            memory.view(address - 8, 8).setLong(0, -1)
            shouldThrow<PermanentMemoryDamagedException> { table[number] }
            memory.view(address - 8, 8).setLong(0, 8)
            table[number].size shouldBe 8
        }
    }
}
