package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.contract.typed.StructSubjects.Packet
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Ship
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.LayoutStruct
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructLayoutException
import dev.leasehold.memory.typed.asStruct
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemoryLayout
import java.lang.foreign.MemoryLayout.sequenceLayout
import java.lang.foreign.MemoryLayout.structLayout
import java.lang.foreign.MemoryLayout.unionLayout
import java.lang.foreign.StructLayout
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_BOOLEAN
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR
import java.lang.foreign.ValueLayout.JAVA_DOUBLE
import java.lang.foreign.ValueLayout.JAVA_FLOAT
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT
import java.nio.ByteOrder

private fun padding(size: Long) = MemoryLayout.paddingLayout(size)

private val PARTICLE: StructLayout = structLayout(
    JAVA_FLOAT.withName("x"),
    JAVA_FLOAT.withName("y"),
    JAVA_FLOAT.withName("z"),
    JAVA_FLOAT.withName("vx"),
    JAVA_FLOAT.withName("vy"),
    JAVA_FLOAT.withName("vz"),
    JAVA_LONG.withName("id"),
).withName("Particle")

private val WHEEL: StructLayout = structLayout(
    JAVA_FLOAT.withName("pressure"),
    JAVA_BOOLEAN.withName("worn"),
    sequenceLayout(3, JAVA_BYTE).withName("grip"),
).withName("Wheel")

private val SHIP: StructLayout = structLayout(
    JAVA_LONG.withName("id"),
    structLayout(JAVA_FLOAT.withName("x"), JAVA_FLOAT.withName("y"), JAVA_FLOAT.withName("z")).withName("position"),
    sequenceLayout(8, JAVA_FLOAT).withName("trail"),
    JAVA_INT.withName("state"),
    sequenceLayout(4, WHEEL).withName("wheels"),
    sequenceLayout(10, JAVA_BYTE).withName("name"),
    JAVA_BOOLEAN.withName("isKnown"),
    JAVA_BYTE.withName("grade"),
    JAVA_SHORT.withName("rank"),
    JAVA_CHAR.withName("sign"),
    JAVA_DOUBLE.withName("mass"),
).withName("Ship")

/** To and from the platform's layouts of structs. */
class StructLayoutsSpec : FunSpec() {
    init {
        test("a struct becomes the layout that is written for it by hand") {
            Particle.toStructLayout() shouldBe PARTICLE
            Packet.toStructLayout() shouldBe structLayout(
                JAVA_BYTE.withName("kind"),
                JAVA_INT_UNALIGNED.withName("length"),
                JAVA_LONG_UNALIGNED.withName("stamp"),
                structLayout(
                    JAVA_FLOAT.withByteAlignment(1).withName("pressure"),
                    JAVA_BOOLEAN.withName("worn"),
                    sequenceLayout(3, JAVA_BYTE).withName("grip"),
                ).withName("ship"),
            ).withName("Packet")
            StructSubjects.Line.toStructLayout() shouldBe
                structLayout(JAVA_INT.withName("count"), JAVA_SHORT.withName("hidden"), padding(58))
                    .withByteAlignment(64).withName("Line")
            StructSubjects.Gaps.toStructLayout() shouldBe structLayout(
                JAVA_BYTE.withName("one"),
                padding(3),
                JAVA_BYTE.withName("two"),
                padding(11),
                JAVA_INT.withName("third"),
                padding(12),
            ).withByteAlignment(16).withName("WithGaps")
        }

        test("what is the same in the platform's form is accepted, with and without names") {
            Particle.requireSame(PARTICLE)
            Ship.requireSame(SHIP)
            Particle.requireSame(
                structLayout(JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT, JAVA_LONG),
            )
            Packet.requireSame(Packet.toStructLayout())
        }

        test("the first difference is named") {
            differenceFrom(JAVA_FLOAT.withName("x")) shouldBe "the one has 7 fields and the other 1"
            differenceFrom(
                JAVA_FLOAT.withName("x"),
                JAVA_INT.withName("y"),
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_LONG,
            ) shouldBe "y is float @4 +4 in the one and int @4 +4 in the other"
            differenceFrom(
                JAVA_FLOAT.withName("x"),
                JAVA_FLOAT.withName("w"),
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_LONG,
            ) shouldBe "y of the one is w in the other"
            differenceFrom(
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                padding(4),
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                padding(4),
                JAVA_LONG,
            ) shouldBe "vx is float @12 +4 in the one and float @16 +4 in the other"
            differenceFrom(
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_LONG,
                padding(8),
            ) shouldBe "the one has 32 bytes and the other 40"
            shouldThrow<StructLayoutException> {
                Ship.requireSame(
                    structLayout(
                        *SHIP.memberLayouts().map {
                            if (it is StructLayout) {
                                structLayout(JAVA_FLOAT, JAVA_INT, JAVA_FLOAT).withName("position")
                            } else {
                                it
                            }
                        }.toTypedArray(),
                    ),
                )
            }.message shouldBe "Ship and the given layout differ: in position of struct, y is float @4 +4 in the one " +
                "and int @4 +4 in the other"
        }

        test("the size is that of an element of an array: a layout without its last padding is the same") {
            val unpadded = structLayout(JAVA_LONG.withName("a"), JAVA_INT.withName("b"))
            Struct.of(unpadded).byteSize shouldBe 16
            Struct.of(unpadded).alignment shouldBe 8
            Struct.of(unpadded).layout shouldBe "struct{a: long @0 +8, b: int @8 +4} 16 bytes, alignment 8"
        }

        test("a struct is made of the platform's layout, and its fields are found by path") {
            val ship = Struct.of(SHIP)
            ship.byteSize shouldBe 112
            ship.toStructLayout() shouldBe SHIP
            withMemory(112) { memory ->
                val own = memory.asStruct(Ship)
                val view = memory.asStruct<LayoutStruct>(ship)
                view[ship.longField("id")] = 7
                view[ship.floatField("position.z")] = 1.5f
                view[ship.floatArrayField("trail")].fill(2f)
                view[ship.floatField("trail[7]")] = 3f
                view[ship.booleanField("wheels[3].worn")] = true
                view[ship.textField("name")] = "Nautilus"
                view[ship.byteField("grade")] = -1
                view[ship.shortField("rank")] = -2
                view[ship.charField("sign")] = 'x'
                view[ship.doubleField("mass")] = 4.0
                view[ship.intField("state")] = 5
                own[Ship.id] shouldBe 7
                own[Ship.position / StructSubjects.Vec3.z] shouldBe 1.5f
                own[Ship.trail].toFloatArray().toList() shouldBe listOf(2f, 2f, 2f, 2f, 2f, 2f, 2f, 3f)
                own[Ship.wheels, 3][StructSubjects.Wheel.worn] shouldBe true
                own[Ship.name] shouldBe "Nautilus"
                own[Ship.grade] shouldBe -1
                own[Ship.rank] shouldBe -2
                own[Ship.sign] shouldBe 'x'
                own[Ship.mass] shouldBe 4.0
                own[Ship.state] shouldBe 5
                view[ship.byteArrayField("wheels[0].grip")].size shouldBe 3
            }
            val arrays = Struct.of(StructSubjects.Arrays.toStructLayout())
            arrays.booleanArrayField("booleans").offset shouldBe 0
            arrays.shortArrayField("shorts").offset shouldBe StructSubjects.Arrays.shorts.offset
            arrays.charArrayField("chars").offset shouldBe StructSubjects.Arrays.chars.offset
            arrays.intArrayField("ints").offset shouldBe StructSubjects.Arrays.ints.offset
            arrays.longArrayField("longs").offset shouldBe StructSubjects.Arrays.longs.offset
            arrays.doubleArrayField("doubles").size shouldBe 3
        }

        test("a field of another type is refused") {
            val ship = Struct.of(SHIP)
            shouldThrow<StructLayoutException> { ship.floatField("mass") }.message shouldBe
                "'mass' of Ship is double, not float"
            shouldThrow<StructLayoutException> { ship.floatField("trail") }.message shouldBe
                "'trail' of Ship is float[8], not float"
            shouldThrow<StructLayoutException> { ship.intArrayField("trail") }.message shouldBe
                "'trail' of Ship is float[8], not int[]"
            shouldThrow<StructLayoutException> { ship.floatArrayField("mass") }.message shouldBe
                "'mass' of Ship is double, not float[]"
        }

        test("what no struct can have is refused") {
            shouldThrow<StructLayoutException> { Struct.of(structLayout(ADDRESS)) }.message shouldBe
                "A struct cannot have the address a8, which says nothing outside of its process"
            val other = if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
                ByteOrder.LITTLE_ENDIAN
            } else {
                ByteOrder.BIG_ENDIAN
            }
            shouldThrow<StructLayoutException> { Struct.of(structLayout(JAVA_INT.withOrder(other))) }.message shouldBe
                "A struct cannot have ${JAVA_INT.withOrder(other)}: its fields are in native byte order"
            shouldThrow<StructLayoutException> { Struct.of(structLayout(unionLayout(JAVA_INT))) }.message shouldBe
                "struct cannot have the member [i4]: only primitives, structs and arrays of these"
            shouldThrow<StructLayoutException> {
                Struct.of(structLayout(sequenceLayout(2, sequenceLayout(2, JAVA_INT))))
            }.message shouldBe "struct cannot have an array of [2:i4]: only of primitives and of structs"
            shouldThrow<StructLayoutException> { Struct.of(structLayout(sequenceLayout(0, JAVA_INT))) }.message shouldBe
                "A fixed array or a text in struct needs at least one element, not 0"
            shouldThrow<StructLayoutException> { Struct.of(structLayout(JAVA_INT.withName("a.b"))) }
            shouldThrow<StructLayoutException> { Struct.of(structLayout(padding(4))).byteSize }.message shouldBe
                "struct has no fields: declare at least one before its first use"
        }
    }

    private fun differenceFrom(vararg members: MemoryLayout): String =
        shouldThrow<StructLayoutException> { Particle.requireSame(structLayout(*members)) }.message!!
            .removePrefix("Particle and the given layout differ: ")
}
