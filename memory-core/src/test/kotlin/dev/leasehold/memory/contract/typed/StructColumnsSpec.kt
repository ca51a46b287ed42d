package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Ship
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.contract.typed.StructSubjects.Wheel
import dev.leasehold.memory.contract.typed.StructSubjects.Words
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStructs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith

class StructColumnsSpec : FunSpec() {
    init {
        test("all values of a field lie together, in as many bytes as an array of structs has") {
            withMemory(Particle.byteSize * 5) { memory ->
                val particles = memory.asColumns(Particle)
                particles.size shouldBe 5
                for (index in 0L..4L) {
                    particles[index, Particle.y] = index.toFloat()
                    particles[index, Particle.id] = 100 + index
                }
                particles[Particle.y].toFloatArray() shouldBe floatArrayOf(0f, 1f, 2f, 3f, 4f)
                particles[Particle.id].toLongArray() shouldBe LongArray(5) { 100L + it }
                particles[Particle.y].asSegment().address shouldBe memory.address + 5 * Particle.y.offset
                particles[Particle.x].fill(7f)
                particles[4, Particle.x] shouldBe 7f
                particles[0, Particle.y] shouldBe 0f
                particles.toString() shouldEndWith ", 5 structs of 32 bytes)"
            }
        }

        test("every kind of field has its column, also within words, fixed arrays and nested structs") {
            withMemory(Ship.byteSize * 3) { memory ->
                val ships = memory.asColumns(Ship)
                ships[1, Ship.name] = "Nautilus"
                ships[1, Ship.alive] = true
                ships[1, Ship.level] = 1023
                ships[1, Ship.position / Vec3.y] = 2f
                ships[1, Ship.trail[7]] = 3f
                ships[1, Ship.wheels[3] / Wheel.worn] = true
                ships[1, Ship.wheels[3] / Wheel.grip] = "dry"
                ships[1, Ship.isKnown] = true
                ships[1, Ship.grade] = 4
                ships[1, Ship.rank] = 5
                ships[1, Ship.sign] = 'c'
                ships[1, Ship.mass] = 6.5
                ships[1, Ship.state] shouldBe (1023 shl 20 or 1)
                ships[Ship.isKnown].toBooleanArray() shouldBe booleanArrayOf(false, true, false)
                ships[Ship.wheels[3] / Wheel.worn].toBooleanArray() shouldBe booleanArrayOf(false, true, false)
                ships[Ship.grade].toByteArray() shouldBe byteArrayOf(0, 4, 0)
                ships[Ship.rank].toShortArray() shouldBe shortArrayOf(0, 5, 0)
                ships[Ship.sign].toCharArray() shouldBe charArrayOf('\u0000', 'c', '\u0000')
                ships[Ship.mass].toDoubleArray() shouldBe doubleArrayOf(0.0, 6.5, 0.0)
                ships[Ship.state].toIntArray() shouldBe intArrayOf(0, 1023 shl 20 or 1, 0)
                ships[Ship.position / Vec3.y].toFloatArray() shouldBe floatArrayOf(0f, 2f, 0f)
                ships[Ship.trail[7]].toFloatArray() shouldBe floatArrayOf(0f, 3f, 0f)
                withMemory(Ship.byteSize) { single ->
                    val ship = single.asStructs(Ship)[0]
                    ships.copyTo(1, ship)
                    ship[Ship.name] shouldBe "Nautilus"
                    ship[Ship.alive] shouldBe true
                    ship[Ship.level] shouldBe 1023
                    ship[Ship.wheels, 3][Wheel.grip] shouldBe "dry"
                    ship[Ship.wheels, 3][Wheel.worn] shouldBe true
                    ship[Ship.trail, 7] shouldBe 3f
                    ship[Ship.name] = "Argo"
                    ships[2] = ship
                }
                ships[2, Ship.name] shouldBe "Argo"
                ships[2, Ship.mass] shouldBe 6.5
                ships[0, Ship.name] shouldBe ""
            }
            withMemory(Words.byteSize * 3) { memory ->
                val words = memory.asColumns(Words)
                words[1, Words.high] = true
                words[1, Words.shortRest] = 3
                words[1, Words.longHigh] = true
                words[1, Words.byte] shouldBe -128
                words[1, Words.short] shouldBe 3
                words[1, Words.long] shouldBe Long.MIN_VALUE
                words[0, Words.long] shouldBe 0
                words[2, Words.byte] shouldBe 0
            }
        }

        test("a column of booleans is written without a change to its neighbours") {
            withMemory(Ship.byteSize * 3) { memory ->
                memory.fill(7)
                val ships = memory.asColumns(Ship)
                val known = ships[Ship.isKnown]
                known.size shouldBe 3
                known.asSegment().address shouldBe memory.address + 3 * Ship.isKnown.offset
                known.toBooleanArray() shouldBe booleanArrayOf(true, true, true)
                known.fill(false)
                known[1] = true
                List(3) { ships[it.toLong(), Ship.isKnown] } shouldBe listOf(false, true, false)
                for (index in listOf(-1L, 3L)) {
                    shouldThrow<SegmentBoundsException> { known[index] }
                    shouldThrow<SegmentBoundsException> { known[index] = true }
                }
                val bytes = memory.toByteArray()
                val at = 3 * Ship.isKnown.offset.toInt()
                bytes.copyOfRange(at, at + 3) shouldBe byteArrayOf(0, 1, 0)
                bytes.count { it == 7.toByte() } shouldBe bytes.size - 3
            }
        }

        test("structs are copied and exchanged across all columns") {
            withMemory(Ship.byteSize * 3) { memory ->
                val ships = memory.asColumns(Ship)
                for (index in 0L..2L) {
                    ships[index, Ship.id] = index
                    ships[index, Ship.name] = "ship $index"
                    ships[index, Ship.trail[3]] = index.toFloat()
                }
                ships.swap(0, 2)
                ships[0, Ship.name] shouldBe "ship 2"
                ships[2, Ship.trail[3]] shouldBe 0f
                ships.copy(0, 1)
                ships[1, Ship.id] shouldBe 2
                ships[1, Ship.name] shouldBe "ship 2"
                ships[2, Ship.name] shouldBe "ship 0"
                ships.zero()
                memory.toByteArray() shouldBe ByteArray(memory.size.toInt())
            }
        }

        test("an index outside is refused, though the next column begins there") {
            withMemory(Vec3.byteSize * 4) { memory ->
                val vectors = memory.asColumns(Vec3)
                shouldThrow<ElementBoundsException> { vectors[4, Vec3.x] = 1f }.message shouldBe
                    "The columns of structs has no element 4: it has 4, from 0 to 3"
                for (index in listOf(-1L, 4L, 1L shl 62, Long.MAX_VALUE, Long.MIN_VALUE)) {
                    shouldThrow<ElementBoundsException> { vectors[index, Vec3.y] }
                    shouldThrow<ElementBoundsException> { vectors[index, Vec3.y] = 1f }
                    shouldThrow<ElementBoundsException> { vectors.swap(index, 0) }
                    shouldThrow<ElementBoundsException> { vectors.copy(0, index) }
                    shouldThrow<ElementBoundsException> { vectors[index] = memory.asStructs(Vec3)[0] }
                    shouldThrow<ElementBoundsException> { vectors.copyTo(index, memory.asStructs(Vec3)[0]) }
                }
                memory.toByteArray() shouldBe ByteArray(48)
            }
        }

        test("sizes that do not agree are refused") {
            withMemory(Vec3.byteSize * 4) { memory ->
                val vectors = memory.asColumns(Vec3)
                val three = memory.asStructs(Vec3).slice(0, 3)
                shouldThrow<SegmentSizeException> { vectors.copyFrom(three) }.message shouldBe
                    "An array of 3 structs cannot be copied from or to columns of 4: slice it first"
                shouldThrow<SegmentSizeException> { vectors.copyTo(three) }
                shouldThrow<SegmentSizeException> { memory.slice(1).asColumns(Vec3) }.message shouldBe
                    "A segment of 47 bytes holds no whole number of structs of 12 bytes; slice it to 36 bytes first"
            }
        }

        test("columns that outlive their lease refuse") {
            val pool = MemoryPool.isolated("columns")
            val lease = pool.rent(3 * Vec3.byteSize)
            val vectors = lease.segment.asColumns(Vec3)
            val column = vectors[Vec3.x]
            lease.close()
            shouldThrow<ViewClosedException> { vectors[0, Vec3.x] }
            shouldThrow<ViewClosedException> { vectors[0, Vec3.x] = 1f }
            shouldThrow<ViewClosedException> { vectors.swap(0, 1) }
            shouldThrow<ViewClosedException> { column[0] }
            pool.close()
        }
    }
}
