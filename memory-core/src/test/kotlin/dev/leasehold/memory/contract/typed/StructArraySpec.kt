package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Ship
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.contract.typed.StructSubjects.Wheel
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.FieldValueException
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.asStructs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith

class StructArraySpec : FunSpec() {
    init {
        test("structs are reached by index, by slice and in order") {
            withVectors(5) { vectors ->
                vectors.size shouldBe 5
                for (index in 0L..4L) vectors[index, Vec3.x] = index.toFloat()
                vectors.forEach { it[Vec3.y] = it[Vec3.x] + 1 }
                vectors.forEachIndexed { index, it -> it[Vec3.z] = index * 10f }
                val seen = buildList { for (vector in vectors) add(vector[Vec3.x] to vector[Vec3.z]) }
                seen shouldContainExactly List(5) { it.toFloat() to it * 10f }
                vectors[3][Vec3.y] shouldBe 4f
                val middle = vectors.slice(1, 4)
                middle.size shouldBe 3
                middle[0, Vec3.x] shouldBe 1f
                vectors.slice(4)[0, Vec3.x] shouldBe 4f
                vectors.slice(5).size shouldBe 0
                vectors.slice(5).forEach { error("There is none") }
                vectors.toString() shouldEndWith ", 5 structs of 12 bytes)"
            }
        }

        test("every kind of field is reached with an index") {
            withMemory(Ship.byteSize * 3) { memory ->
                val ships = memory.asStructs(Ship)
                ships[1, Ship.name] = "Nautilus"
                ships[1, Ship.alive] = true
                ships[1, Ship.team] = 5
                ships[1, Ship.position / Vec3.y] = 2f
                ships[1, Ship.trail[7]] = 3f
                ships[1, Ship.wheels[3] / Wheel.worn] = true
                ships[1, Ship.name] shouldBe "Nautilus"
                ships[1, Ship.alive] shouldBe true
                ships[1, Ship.team] shouldBe 5
                ships[1, Ship.state] shouldBe 11
                ships[1][Ship.position][Vec3.y] shouldBe 2f
                ships[1][Ship.trail, 7] shouldBe 3f
                ships[1][Ship.wheels, 3][Wheel.worn] shouldBe true
                for (other in listOf(0L, 2L)) {
                    ships[other, Ship.name] shouldBe ""
                    ships[other, Ship.state] shouldBe 0
                }
                shouldThrow<FieldValueException> { ships[1, Ship.team] = 8 }
                shouldThrow<FieldValueException> { ships[1, Ship.name] = "Nautilus II" }
                ships[1, Ship.name] shouldBe "Nautilus"
            }
        }

        test("an index outside is refused, also one whose offset would wrap round to a valid one") {
            withVectors(4) { vectors ->
                val failure = shouldThrow<ElementBoundsException> { vectors[4] }
                failure.message shouldBe "The array of structs has no element 4: it has 4, from 0 to 3"
                failure.index shouldBe 4
                failure.count shouldBe 4
                for (index in listOf(-1L, 4L, 1L shl 62, (1L shl 62) + 1, Long.MAX_VALUE, Long.MIN_VALUE)) {
                    shouldThrow<ElementBoundsException> { vectors[index] }.index shouldBe index
                    shouldThrow<ElementBoundsException> { vectors[index, Vec3.x] }.index shouldBe index
                    shouldThrow<ElementBoundsException> { vectors[index, Vec3.x] = 1f }
                    shouldThrow<ElementBoundsException> { vectors[index] = vectors[0] }
                    shouldThrow<ElementBoundsException> { vectors.swap(0, index) }
                    shouldThrow<ElementBoundsException> { vectors.swap(index, 0) }
                }
                shouldThrow<ElementBoundsException> { vectors.slice(0)[4] }
                shouldThrow<ElementBoundsException> { vectors.slice(4)[0] }.message shouldBe
                    "The array of structs has no element 0: it is empty"
                contentOf(vectors) shouldBe List(4) { 0f }
            }
        }

        test("a part that is not all inside is refused") {
            withVectors(4) { vectors ->
                shouldThrow<ElementBoundsException> { vectors.slice(2, 5) }.message shouldBe
                    "The array of structs has no part from 2 up to 5: it has 4 elements"
                shouldThrow<ElementBoundsException> { vectors.slice(3, 2) }
                shouldThrow<ElementBoundsException> { vectors.slice(-1, 2) }.index shouldBe -1
                shouldThrow<ElementBoundsException> { vectors.slice(5) }
                shouldThrow<ElementBoundsException> { vectors.copyTo(vectors.slice(1)) }.message shouldBe
                    "The array of structs has no part from 0 up to 4: it has 3 elements"
                shouldThrow<ElementBoundsException> { vectors.slice(0, 2).copyTo(vectors, 3) }
                shouldThrow<ElementBoundsException> { vectors.slice(0, 2).copyTo(vectors, -1) }
                shouldThrow<ElementBoundsException> { vectors.slice(0, 2).copyTo(vectors, Long.MAX_VALUE) }
            }
        }

        test("structs are copied, exchanged, filled and zeroed as wholes") {
            withVectors(7) { vectors ->
                vectors.forEachIndexed { index, it -> it[Vec3.x] = index.toFloat() }
                vectors.swap(1, 5)
                vectors.swap(2, 2)
                contentOf(vectors) shouldBe listOf(0f, 5f, 2f, 3f, 4f, 1f, 6f)
                vectors[0] = vectors[6]
                contentOf(vectors) shouldBe listOf(6f, 5f, 2f, 3f, 4f, 1f, 6f)
                vectors.slice(0, 5).copyTo(vectors, 2)
                contentOf(vectors) shouldBe listOf(6f, 5f, 6f, 5f, 2f, 3f, 4f)
                vectors.slice(1, 6).fill(vectors[4])
                contentOf(vectors) shouldBe listOf(6f, 2f, 2f, 2f, 2f, 2f, 4f)
                vectors.slice(7).fill(vectors[0])
                vectors.slice(6).zero()
                contentOf(vectors) shouldBe listOf(6f, 2f, 2f, 2f, 2f, 2f, 0f)
            }
        }

        test("an exchange moves every byte, whatever the size of the struct") {
            withMemory(StructSubjects.Packet.byteSize * 2) { memory ->
                for (offset in 0L until memory.size) memory.setByte(offset, offset.toByte())
                memory.asStructs(StructSubjects.Packet).swap(0, 1)
                for (offset in 0L until memory.size) {
                    memory.getByte(offset) shouldBe ((offset + 21) % 42).toByte()
                }
            }
        }

        test("a segment that holds no whole number of structs is refused") {
            withMemory(100) { memory ->
                val failure = shouldThrow<SegmentSizeException> { memory.asStructs(Particle) }
                failure.message shouldBe
                    "A segment of 100 bytes holds no whole number of structs of 32 bytes; slice it to 96 bytes first"
                failure.size shouldBe 100
                memory.slice(0, 0).asStructs(Particle).size shouldBe 0
            }
        }

        test("an array that outlives its lease, and one that is read-only, refuse") {
            val pool = MemoryPool.isolated("arrays")
            val lease = pool.rent(3 * Vec3.byteSize)
            val vectors = lease.segment.asStructs(Vec3)
            val fixed = lease.segment.asReadOnly().asStructs(Vec3)
            shouldThrow<ReadOnlySegmentException> { fixed[0, Vec3.x] = 1f }
            shouldThrow<ReadOnlySegmentException> { fixed.swap(0, 1) }
            shouldThrow<ReadOnlySegmentException> { fixed.fill(vectors[0]) }
            shouldThrow<ReadOnlySegmentException> { fixed.zero() }
            shouldThrow<ReadOnlySegmentException> { vectors.copyTo(fixed) }
            lease.close()
            shouldThrow<ViewClosedException> { vectors[0, Vec3.x] }
            shouldThrow<ViewClosedException> { vectors[0, Vec3.x] = 1f }
            shouldThrow<ViewClosedException> { vectors[0][Vec3.x] }
            shouldThrow<ViewClosedException> { vectors.forEach { it[Vec3.x] = 1f } }
            shouldThrow<ViewClosedException> { for (vector in vectors) vector[Vec3.x] = 1f }
            shouldThrow<ViewClosedException> { vectors.swap(0, 1) }
            shouldThrow<ViewClosedException> { vectors.zero() }
            pool.close()
        }

        test("an iterator that is at its end says how many there were") {
            withVectors(1) { vectors ->
                val iterator = vectors.iterator()
                iterator.next()[Vec3.x] shouldBe 0f
                iterator.hasNext() shouldBe false
                shouldThrow<NoSuchElementException> { iterator.next() }.message shouldBe "There are only 1 struct"
            }
        }
    }

    private inline fun withVectors(count: Long, use: (StructArray<Vec3>) -> Unit) =
        withMemory(count * Vec3.byteSize) { use(it.asStructs(Vec3)) }

    private fun contentOf(vectors: StructArray<Vec3>): List<Float> = buildList { vectors.forEach { add(it[Vec3.x]) } }
}
