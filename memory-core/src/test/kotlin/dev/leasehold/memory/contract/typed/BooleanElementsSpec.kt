package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.asBooleans
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** What booleans have beyond the other elements, which are all in one spec. */
class BooleanElementsSpec : FunSpec() {
    init {
        test("every byte but zero is read as true, and true is written as 1") {
            withMemory(256) { memory ->
                for (value in 0..255) memory.setByte(value.toLong(), value.toByte())
                val flags = memory.asBooleans()
                for (index in 0L..255) flags[index] shouldBe (index != 0L)
                flags.toBooleanArray().toList() shouldBe List(256) { it != 0 }
                var trues = 0
                flags.forEach { if (it) trues++ }
                for (flag in flags) if (flag) trues++
                trues shouldBe 2 * 255
                for (index in 0L..255) flags[index] = flags[index]
                memory.toByteArray().toList() shouldBe List<Byte>(256) { if (it == 0) 0 else 1 }
                flags.fill(false)
                memory.toByteArray().all { it == 0.toByte() } shouldBe true
                flags.slice(250).fill(true)
                memory.toByteArray().toList() shouldBe List<Byte>(256) { if (it < 250) 0 else 1 }
            }
        }

        test("a refused copy has copied nothing, also where the part of the array would fit") {
            withMemory(3) { memory ->
                val flags = memory.asBooleans()
                flags.fill(true)
                for (index in listOf(-1, 1, 3, 4, Int.MAX_VALUE, Int.MIN_VALUE)) {
                    val target = BooleanArray(3)
                    val refusal = shouldThrow<SegmentBoundsException> { flags.copyTo(target, index) }
                    listOf(refusal.offset, refusal.length, refusal.size) shouldBe listOf(index.toLong(), 3, 3)
                    target shouldBe BooleanArray(3)
                }
                val wrong = listOf(
                    -1 to 2,
                    1 to 0,
                    2 to 6,
                    0 to 4,
                    Int.MIN_VALUE to Int.MAX_VALUE,
                    Int.MAX_VALUE to Int.MIN_VALUE,
                )
                for ((from, to) in wrong) {
                    shouldThrow<SegmentBoundsException> { flags.copyFrom(BooleanArray(5), from, to) }
                }
                flags.toBooleanArray() shouldBe booleanArrayOf(true, true, true)
                flags.copyFrom(BooleanArray(5), 5, 5)
                flags.slice(3).copyTo(BooleanArray(2), 2)
                flags.toBooleanArray() shouldBe booleanArrayOf(true, true, true)
            }
        }

        test("booleans of a read-only view are read and not written") {
            withMemory(2) { memory ->
                val flags = memory.asReadOnly().asBooleans()
                shouldThrow<ReadOnlySegmentException> { flags[0] = true }
                shouldThrow<ReadOnlySegmentException> { flags.fill(true) }
                shouldThrow<ReadOnlySegmentException> { flags.copyFrom(booleanArrayOf(true)) }
                flags.toBooleanArray() shouldBe BooleanArray(2)
            }
        }

        test("booleans that outlive their lease refuse") {
            val pool = MemoryPool.isolated("booleans")
            val lease = pool.rent(2)
            val flags = lease.segment.asBooleans()
            lease.close()
            shouldThrow<ViewClosedException> { flags[0] }
            shouldThrow<ViewClosedException> { flags[0] = true }
            shouldThrow<ViewClosedException> { flags.fill(true) }
            shouldThrow<ViewClosedException> { flags.iterator().next() }
            shouldThrow<ViewClosedException> { flags.toBooleanArray() }
            shouldThrow<ViewClosedException> { flags.copyFrom(BooleanArray(2)) }
            pool.close()
        }
    }
}
