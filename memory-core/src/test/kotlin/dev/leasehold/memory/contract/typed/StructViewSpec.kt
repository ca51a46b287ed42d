package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.ViewThreadException
import dev.leasehold.memory.contract.typed.StructSubjects.Arrays
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Ship
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.contract.typed.StructSubjects.Wheel
import dev.leasehold.memory.contract.typed.StructSubjects.Words
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.together
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.FieldValueException
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.asStruct
import dev.leasehold.memory.typed.asStructs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith

class StructViewSpec : FunSpec() {
    init {
        test("fields are read as they were written") {
            withStruct(Ship) { ship ->
                ship[Ship.id] = Long.MIN_VALUE
                ship[Ship.isKnown] = true
                ship[Ship.grade] = -128
                ship[Ship.rank] = -30_000
                ship[Ship.sign] = '\uffff'
                ship[Ship.mass] = -0.5
                ship[Ship.state] = 0
                ship[Ship.position / Vec3.y] = 2f
                ship[Ship.position / Vec3.y] += 1f
                ship[Ship.id] shouldBe Long.MIN_VALUE
                ship[Ship.isKnown] shouldBe true
                ship[Ship.grade] shouldBe -128
                ship[Ship.rank] shouldBe -30_000
                ship[Ship.sign] shouldBe '\uffff'
                ship[Ship.mass] shouldBe -0.5
                ship[Ship.position / Vec3.y] shouldBe 3f
                ship[Ship.position][Vec3.y] shouldBe 3f
                ship[Ship.position / Vec3.x] shouldBe 0f
            }
        }

        test("elements of fixed arrays of every kind are read as they were written, and seen as elements") {
            withStruct(Arrays) { all ->
                for (index in 0..2) {
                    all[Arrays.booleans, index] = index != 1
                    all[Arrays.bytes, index] = (index - 1).toByte()
                    all[Arrays.shorts, index] = (1000 + index).toShort()
                    all[Arrays.chars, index] = 'a' + index
                    all[Arrays.ints, index] = -100_000 - index
                    all[Arrays.longs, index] = (1L shl 40) + index
                    all[Arrays.floats, index] = 0.5f + index
                    all[Arrays.doubles, index] = 0.25 + index
                }
                List(3) { all[Arrays.booleans, it] } shouldBe listOf(true, false, true)
                List(3) { all[Arrays.bytes, it] } shouldBe listOf<Byte>(-1, 0, 1)
                List(3) { all[Arrays.shorts, it] } shouldBe listOf<Short>(1000, 1001, 1002)
                List(3) { all[Arrays.chars, it] } shouldBe listOf('a', 'b', 'c')
                List(3) { all[Arrays.ints, it] } shouldBe listOf(-100_000, -100_001, -100_002)
                List(3) { all[Arrays.longs, it] } shouldBe List(3) { (1L shl 40) + it }
                List(3) { all[Arrays.floats, it] } shouldBe listOf(0.5f, 1.5f, 2.5f)
                List(3) { all[Arrays.doubles, it] } shouldBe listOf(0.25, 1.25, 2.25)
                all[Arrays.booleans].toBooleanArray() shouldBe booleanArrayOf(true, false, true)
                all[Arrays.bytes].toByteArray() shouldBe byteArrayOf(-1, 0, 1)
                all[Arrays.shorts].toShortArray() shouldBe shortArrayOf(1000, 1001, 1002)
                all[Arrays.chars].toCharArray() shouldBe charArrayOf('a', 'b', 'c')
                all[Arrays.ints].toIntArray() shouldBe intArrayOf(-100_000, -100_001, -100_002)
                all[Arrays.longs].toLongArray() shouldBe LongArray(3) { (1L shl 40) + it }
                all[Arrays.floats].toFloatArray() shouldBe floatArrayOf(0.5f, 1.5f, 2.5f)
                all[Arrays.doubles].toDoubleArray() shouldBe doubleArrayOf(0.25, 1.25, 2.25)
                all[Arrays.floats[1]] shouldBe 1.5f
            }
        }

        test("nested structs and arrays of them are seen, copied and reached by path") {
            withStruct(Ship) { ship ->
                ship[Ship.wheels, 2][Wheel.pressure] = 2.5f
                ship[Ship.wheels[2] / Wheel.grip] = "wet"
                ship[Ship.wheels, 0] = ship[Ship.wheels, 2]
                ship[Ship.wheels].size shouldBe 4
                ship[Ship.wheels][0][Wheel.pressure] shouldBe 2.5f
                ship[Ship.wheels[0] / Wheel.grip] shouldBe "wet"
                ship[Ship.wheels, 1][Wheel.pressure] shouldBe 0f
                withStruct(Vec3) { place ->
                    place[Vec3.x] = 1f
                    place[Vec3.z] = 3f
                    ship[Ship.position] = place
                    ship[Ship.position / Vec3.z] shouldBe 3f
                    place.copyFrom(ship[Ship.position])
                    place[Vec3.x] shouldBe 1f
                }
                ship.zero()
                ship.asSegment().toByteArray() shouldBe ByteArray(112)
            }
        }

        test("bits are those of the word, from the lowest up, and leave the others alone") {
            withStruct(Words) { words ->
                words[Words.byte] = 0b0111_1110
                words[Words.low] = true
                words[Words.high] = true
                words[Words.byte] shouldBe -1
                words[Words.low] = false
                words[Words.byte] shouldBe -2
                words[Words.high] shouldBe true
                words[Words.short] = -1
                words[Words.shortRest] shouldBe 32_767
                words[Words.shortRest] = 5
                words[Words.short] shouldBe (0x8005).toShort()
                words[Words.shortHigh] shouldBe true
                words[Words.shortHigh] = false
                words[Words.short] shouldBe 5
                words[Words.longLow] = Int.MAX_VALUE
                words[Words.longHigh] = true
                words[Words.long] shouldBe (Long.MIN_VALUE or Int.MAX_VALUE.toLong())
                words[Words.longMiddle] = 1
                words[Words.long] shouldBe (Long.MIN_VALUE or Int.MAX_VALUE.toLong() or (1L shl 31))
                words[Words.longMiddle] shouldBe 1
                words[Words.longLow] shouldBe Int.MAX_VALUE
                words[Words.longHigh] shouldBe true
            }
        }

        test("a number that its bits cannot hold is refused, and nothing changes") {
            withStruct(Ship) { ship ->
                ship[Ship.team] = 7
                Ship.team.maximum shouldBe 7
                shouldThrow<FieldValueException> { ship[Ship.team] = 8 }.message shouldBe
                    "8 does not fit into a field of 3 bits, which holds 0 to 7"
                shouldThrow<FieldValueException> { ship[Ship.level] = -1 }.message shouldBe
                    "-1 does not fit into a field of 10 bits, which holds 0 to 1,023"
                ship[Ship.state] shouldBe (7 shl 1)
            }
        }

        test("a text is read as it was written, fills its field, and leaves zeroes behind it") {
            withStruct(Ship) { ship ->
                for (text in listOf("Nautilus", "", "0123456789", "Zürich", "日本語", "😀😀")) {
                    ship[Ship.name] = text
                    ship[Ship.name] shouldBe text
                    val bytes = ship.asSegment().slice(Ship.name.offset, 10).toByteArray()
                    bytes shouldBe text.encodeToByteArray().copyOf(10)
                }
                ship[Ship.isKnown] shouldBe false
            }
        }

        test("a text that does not fit, or would be read otherwise, is refused, and nothing changes") {
            withStruct(Ship) { ship ->
                ship[Ship.name] = "Nautilus"
                shouldThrow<FieldValueException> { ship[Ship.name] = "Nautilus II" }.message shouldBe
                    "The text has 11 bytes in UTF-8 and its field 10 bytes: shorten it, or let setTruncated cut it"
                shouldThrow<FieldValueException> { ship[Ship.name] = "ÄÖÜäöü" }
                shouldThrow<MalformedTextException> { ship[Ship.name] = "a\u0000b" }.message shouldBe
                    "The text has a NUL at index 1, which would end it there when read"
                shouldThrow<MalformedTextException> { ship[Ship.name] = "a\ud800" }.position shouldBe 1
                shouldThrow<MalformedTextException> { ship.setTruncated(Ship.name, "0123456789\ud800") }
                shouldThrow<MalformedTextException> { ship.setTruncated(Ship.name, "0123456789\u0000") }
                ship[Ship.name] shouldBe "Nautilus"
            }
        }

        test("a truncated text ends between two code points") {
            withStruct(Ship) { ship ->
                val cases = listOf(
                    Triple("Nautilus II", "Nautilus I", 10),
                    Triple("123456789ä", "123456789", 9),
                    Triple("日本語日本語", "日本語", 3),
                    Triple("12345678😀", "12345678", 8),
                    Triple("1234567😀x", "1234567", 7),
                    Triple("123456😀x", "123456😀", 8),
                    Triple("short", "short", 5),
                    Triple("", "", 0),
                )
                for ((text, kept, chars) in cases) {
                    ship.setTruncated(Ship.name, text) shouldBe chars
                    ship[Ship.name] shouldBe kept
                }
            }
        }

        test("bytes that are no UTF-8 are refused with their place") {
            withStruct(Ship) { ship ->
                ship.asSegment().setByte(Ship.name.offset + 1, -1)
                ship.asSegment().setByte(Ship.name.offset, 'a'.code.toByte())
                shouldThrow<MalformedTextException> { ship[Ship.name] }.position shouldBe Ship.name.offset + 1
            }
        }

        test("an index outside of a fixed array is refused, and nothing is written") {
            withStruct(Ship) { ship ->
                shouldThrow<ElementBoundsException> { ship[Ship.trail, 8] }.message shouldBe
                    "The fixed array at offset 20 of the struct has no element 8: it has 8, from 0 to 7"
                shouldThrow<ElementBoundsException> { ship[Ship.trail, -1] = 1f }
                shouldThrow<ElementBoundsException> { ship[Ship.trail, Int.MIN_VALUE] = 1f }
                shouldThrow<ElementBoundsException> { ship[Ship.wheels, 4] }
                shouldThrow<SegmentBoundsException> { ship[Ship.trail][8] = 1f }
                ship.asSegment().toByteArray() shouldBe ByteArray(112)
            }
        }

        test("a view is exactly one struct") {
            withMemory(64) { memory ->
                val first = memory.asStructs(Particle)[0]
                first.asSegment().size shouldBe 32
                shouldThrow<SegmentBoundsException> { first.asSegment().setByte(32, 1) }
                withStruct(Ship) { it[Ship.position].asSegment().size shouldBe 12 }
                shouldThrow<SegmentSizeException> { memory.asStruct(Particle) }.message shouldBe
                    "A segment of 64 bytes is no single struct of 32 bytes; slice it to that size, or take asStructs " +
                    "for several"
                memory.slice(32).asStruct(Particle).toString() shouldEndWith ", 32 bytes)"
            }
        }

        test("a view that outlives its lease refuses every access") {
            val pool = MemoryPool.isolated("structs")
            val lease = pool.rent(Ship.byteSize)
            val ship = lease.segment.asStruct(Ship)
            val place = ship[Ship.position]
            val trail = ship[Ship.trail]
            ship[Ship.id] = 1
            lease.close()
            shouldThrow<ViewClosedException> { ship[Ship.id] }.message!! shouldContain "can no longer be used"
            shouldThrow<ViewClosedException> { ship[Ship.id] = 2 }
            shouldThrow<ViewClosedException> { ship[Ship.alive] = true }
            shouldThrow<ViewClosedException> { ship[Ship.team] }
            shouldThrow<ViewClosedException> { ship[Ship.name] }
            shouldThrow<ViewClosedException> { ship[Ship.name] = "x" }
            shouldThrow<ViewClosedException> { ship[Ship.name] = "" }
            shouldThrow<ViewClosedException> { ship[Ship.trail, 1] = 1f }
            shouldThrow<ViewClosedException> { ship.zero() }
            shouldThrow<ViewClosedException> { ship.copyFrom(ship) }
            shouldThrow<ViewClosedException> { place[Vec3.x] }
            shouldThrow<ViewClosedException> { trail[0] }
            pool.close()
        }

        test("a view of another thread's memory, and one that is read-only, refuse") {
            withStruct(Ship) { ship ->
                together(1) {
                    shouldThrow<ViewThreadException> { ship[Ship.id] }
                    shouldThrow<ViewThreadException> { ship[Ship.name] = "x" }
                }
                val fixed = ship.asSegment().asReadOnly().asStruct(Ship)
                fixed[Ship.id] shouldBe 0
                shouldThrow<ReadOnlySegmentException> { fixed[Ship.id] = 1 }
                shouldThrow<ReadOnlySegmentException> { fixed[Ship.alive] = true }
                shouldThrow<ReadOnlySegmentException> { fixed[Ship.name] = "x" }
                shouldThrow<ReadOnlySegmentException> { fixed.zero() }
                ship.asSegment().toByteArray() shouldBe ByteArray(112)
            }
        }
    }

    private inline fun <S : Struct<S>> withStruct(type: S, use: (StructView<S>) -> Unit) =
        withMemory(type.byteSize) { memory: Segment -> use(memory.asStruct(type)) }
}
