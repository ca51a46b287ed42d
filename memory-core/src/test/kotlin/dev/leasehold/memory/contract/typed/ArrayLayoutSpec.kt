package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.contract.typed.StructSubjects.Line
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.ArrayLayout
import dev.leasehold.memory.typed.ElementArray
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.allocate
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.memory.typed.split
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.util.Random

class ArrayLayoutSpec : FunSpec() {
    private val manager = SystemMemoryManager("arrays")

    init {
        afterSpec { manager.close() }

        test("several typed arrays lie in one block, each aligned, none over another") {
            val arrays = ArrayLayout.of(
                ElementArray(ElementType.BYTE, 3),
                ElementArray(ElementType.INT, 1),
                ElementArray(Particle, 2),
                ElementArray(ElementType.SHORT, 1),
            )
            arrays.size shouldBe 4
            List(4) { arrays.offset(it) } shouldBe listOf(0L, 4L, 8L, 72L)
            arrays.byteSize shouldBe 80
            arrays.alignment shouldBe 8
            arrays.toString() shouldBe "ArrayLayout(3 × byte @0 +3, 1 × int @4 +4, 2 × ${Particle.layout} @8 +64, " +
                "1 × short @72 +2) 80 bytes, alignment 8"
            manager.allocate(arrays).use { block ->
                block.size shouldBe 80
                block.withSegment { memory ->
                    val (bytes, ints, particles, shorts) = arrays.split(memory)
                    listOf(bytes.size, ints.size, particles.size, shorts.size) shouldBe listOf(3L, 4L, 64L, 2L)
                    memory.zero()
                    bytes.fill(-1)
                    ints.asInts()[0] = 5
                    particles.asStructs(Particle)[1, Particle.id] = 6
                    shorts.fill(-1)
                    ints.asInts()[0] shouldBe 5
                    particles.asStructs(Particle)[1, Particle.id] shouldBe 6
                    particles.asStructs(Particle)[0, Particle.x] shouldBe 0f
                }
            }
        }

        test("one call lays arrays out in a segment that is there") {
            withMemory(100) { memory ->
                val (numbers, vectors) = memory.split(ElementArray(ElementType.LONG, 4), ElementArray(Vec3, 5))
                numbers.asLongs().size shouldBe 4
                vectors.asStructs(Vec3).size shouldBe 5
                shouldThrow<SegmentSizeException> { memory.split(ElementArray(ElementType.LONG, 13)) }.message shouldBe
                    "A segment of 100 bytes is too small for 1 arrays that have 104 bytes together"
            }
        }

        test("any arrays lie in order, aligned, close together and inside") {
            val seed = Effort.seed("array layouts")
            val random = Random(seed)
            val types = listOf(
                ElementType.BYTE, ElementType.SHORT, ElementType.CHAR, ElementType.INT, ElementType.FLOAT,
                ElementType.LONG, ElementType.DOUBLE, Particle, Vec3, Line, StructSubjects.Packet,
            )
            repeat(Effort.times(500)) { round ->
                val parts = List(random.nextInt(8)) {
                    ElementArray(types[random.nextInt(types.size)], random.nextInt(20).toLong())
                }
                withClue("round $round of seed $seed: $parts") {
                    val layout = ArrayLayout.of(*parts.toTypedArray())
                    var end = 0L
                    parts.forEachIndexed { index, part ->
                        layout.offset(index) % part.type.alignment shouldBe 0
                        (layout.offset(index) - end) shouldBeLessThan part.type.alignment
                        (layout.offset(index) >= end) shouldBe true
                        end = layout.offset(index) + part.byteSize
                    }
                    layout.byteSize % layout.alignment shouldBe 0
                    (layout.byteSize - end) shouldBeLessThan layout.alignment
                    (layout.byteSize >= end) shouldBe true
                    withMemory(layout.byteSize) { memory ->
                        layout.split(memory).map { it.size } shouldBe parts.map { it.byteSize }
                    }
                }
            }
        }

        test("elements of a type are allocated where they need to lie") {
            manager.allocate(Line, 3).use { block ->
                block.size shouldBe 192
                block.address % 64 shouldBe 0
            }
            manager.allocate(Particle).use { it.size shouldBe 32 }
            manager.allocate(Particle, 0).use { it.size shouldBe 0 }
        }

        test("counts that cannot be are refused, and nothing is allocated") {
            shouldThrow<InvalidSizeException> { ElementArray(ElementType.INT, -1) }.message shouldBe
                "An array of -1 elements of 4 bytes cannot be: the count is negative"
            shouldThrow<InvalidSizeException> { manager.allocate(Particle, Long.MAX_VALUE / 16) }.message shouldBe
                "An array of 576,460,752,303,423,487 elements of 32 bytes cannot be: it would have more bytes than a " +
                "Long can count"
            val half = ElementArray(ElementType.BYTE, Long.MAX_VALUE / 2 + 1)
            shouldThrow<InvalidSizeException> { ArrayLayout.of(half, half) }.message shouldBe
                "The arrays would have more bytes together than a Long can count"
            shouldThrow<InvalidSizeException> {
                ArrayLayout.of(ElementArray(ElementType.BYTE, Long.MAX_VALUE), ElementArray(ElementType.LONG, 0))
            }
            shouldThrow<ElementBoundsException> { ArrayLayout.of(half).offset(1) }.message shouldBe
                "The layout has no element 1: it has 1, from 0 to 0"
            manager.stats().blocks shouldBe 0
        }
    }
}
