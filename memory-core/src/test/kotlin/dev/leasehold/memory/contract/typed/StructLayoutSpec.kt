package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.contract.typed.StructSubjects.Arrays
import dev.leasehold.memory.contract.typed.StructSubjects.Gaps
import dev.leasehold.memory.contract.typed.StructSubjects.Line
import dev.leasehold.memory.contract.typed.StructSubjects.Packet
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.contract.typed.StructSubjects.Ship
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.contract.typed.StructSubjects.Wheel
import dev.leasehold.memory.contract.typed.StructSubjects.Words
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.IntField
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructLayoutException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.lang.reflect.Modifier

private class Open(packed: Boolean = false, alignment: Long = 1, private val body: Open.() -> Unit = {}) :
    Struct<Open>(packed, alignment, "Open") {
    init {
        body()
    }

    fun addInt(name: String? = null): IntField<Open> = int(name)

    fun addFloats(count: Int) = floats(count)

    fun addText(capacity: Int) = text(capacity)

    fun addPadding(bytes: Long) = padding(bytes)

    fun addAlignment(alignment: Long) = align(alignment)

    fun addSelf() = struct(this)

    fun addVectors(count: Int) = structs(Vec3, count)

    fun <T : Struct<T>> addStructs(type: T, count: Int) = structs(type, count)

    fun addFlag(of: IntField<Open>, bit: Int? = null) = of.flag(bit)

    fun addBits(of: IntField<Open>, width: Int, firstBit: Int? = null) = of.bits(width, firstBit)
}

private object Large : Struct<Large>() {
    val bytes = bytes(1 shl 20)
}

private object Egg : Struct<Egg>() {
    val weight = int()
    val hen = struct(Hen)
}

private object Hen : Struct<Hen>() {
    val age = int()
    val egg = struct(Egg)
}

private object Empty : Struct<Empty>()

class StructLayoutSpec : FunSpec() {
    init {
        test("fields lie as in C: each at a multiple of its size, the whole a multiple of the widest") {
            Particle.byteSize shouldBe 32
            Particle.alignment shouldBe 8
            listOf(Particle.x.offset, Particle.vz.offset, Particle.id.offset) shouldContainExactly listOf(0L, 20L, 24L)
            Vec3.byteSize shouldBe 12
            Vec3.alignment shouldBe 4
            Wheel.byteSize shouldBe 8
            Ship.position.offset shouldBe 8
            Ship.position.byteSize shouldBe 12
            Ship.trail.offset shouldBe 20
            Ship.trail.size shouldBe 8
            Ship.trail[3].offset shouldBe 32
            Ship.wheels.offset shouldBe 56
            Ship.wheels.size shouldBe 4
            Ship.wheels.elementSize shouldBe 8
            (Ship.wheels[2] / Wheel.worn).offset shouldBe 56 + 2 * 8 + 4
            (Ship.position / Vec3.z).offset shouldBe 16
            Ship.name.capacity shouldBe 10
            Ship.rank.offset shouldBe 100
            Ship.mass.offset shouldBe 104
            Ship.byteSize shouldBe 112
        }

        test("a packed struct has no padding, and what is nested in it keeps its own") {
            Packet.alignment shouldBe 1
            Packet.byteSize shouldBe 21
            Packet.length.offset shouldBe 1
            Packet.stamp.offset shouldBe 5
            (Packet.ship / Wheel.worn).offset shouldBe 17
        }

        test("padding and alignment are as declared") {
            Line.byteSize shouldBe 64
            Line.alignment shouldBe 64
            Gaps.second.offset shouldBe 4
            Gaps.third.offset shouldBe 16
            Gaps.byteSize shouldBe 32
            Gaps.alignment shouldBe 16
        }

        test("the text form has all names, types, offsets and sizes, once") {
            Particle.toString() shouldBe "Particle{x: float @0 +4, y: float @4 +4, z: float @8 +4, vx: float @12 +4, " +
                "vy: float @16 +4, vz: float @20 +4, id: long @24 +8} 32 bytes, alignment 8"
            Ship.layout shouldBe
                "Ship{id: long @0 +8, position: Vec3{x: float @0 +4, y: float @4 +4, z: float @8 +4} @8 +12, " +
                "trail: float[8] @20 +32, state: int @52 +4, wheels: Wheel{pressure: float @0 +4, " +
                "worn: boolean @4 +1, grip: text[3] @5 +3}[4] @56 +32, name: text[10] @88 +10, " +
                "isKnown: boolean @98 +1, grade: byte @99 +1, rank: short @100 +2, sign: char @102 +2, " +
                "mass: double @104 +8, alive: bit 0 of state, team: bits 1 to 3 of state, " +
                "level: bits 20 to 29 of state} 112 bytes, alignment 8"
            Packet.layout shouldBe "Packet{kind: byte @0 +1, length: int @1 +4, stamp: long @5 +8, " +
                "ship: Wheel{pressure: float @0 +4, worn: boolean @4 +1, grip: text[3] @5 +3} @13 +8} 21 bytes, " +
                "alignment 1"
            Arrays.layout shouldBe "Arrays{booleans: boolean[3] @0 +3, bytes: byte[3] @3 +3, shorts: short[3] @6 +6, " +
                "chars: char[3] @12 +6, ints: int[3] @20 +12, longs: long[3] @32 +24, floats: float[3] @56 +12, " +
                "doubles: double[3] @72 +24} 96 bytes, alignment 8"
            Line.layout shouldBe "Line{count: int @0 +4, hidden: short @4 +2} 64 bytes, alignment 64"
            Words.layout shouldBe "Words{byte: byte @0 +1, short: short @2 +2, long: long @8 +8, " +
                "low: bit 0 of byte, high: bit 7 of byte, shortHigh: bit 15 of short, " +
                "shortRest: bits 0 to 14 of short, longLow: bits 0 to 30 of long, longMiddle: bits 31 to 61 of long, " +
                "longHigh: bit 63 of long} 16 bytes, alignment 8"
        }

        test("names that the declaration gives are used, also where a number of its own has the value of an offset") {
            Gaps.layout shouldBe
                "WithGaps{one: byte @0 +1, two: byte @4 +1, third: int @16 +4, isThirdNegative: bit 31 of third} " +
                "32 bytes, alignment 16"
            val anonymous = Open { addInt() }
            anonymous.layout shouldBe "Open{#1: int @0 +4} 4 bytes, alignment 4"
        }

        test("fields are static finals of the object, which the compiler takes for constants") {
            val fields = Ship::class.java.declaredFields.filter { it.name != "INSTANCE" }
            fields.map { it.name } shouldContainExactly listOf(
                "id", "position", "trail", "state", "alive", "team", "level", "wheels", "name", "isKnown", "grade",
                "rank", "sign", "mass",
            )
            for (field in fields) {
                field.type shouldBe Long::class.javaPrimitiveType
                Modifier.isStatic(field.modifiers) shouldBe true
                Modifier.isFinal(field.modifiers) shouldBe true
            }
        }

        test("an offset is found by path") {
            Ship.offset("mass") shouldBe 104
            Ship.offset("position") shouldBe 8
            Ship.offset("position.y") shouldBe 12
            Ship.offset("trail[3]") shouldBe 32
            Ship.offset("wheels[2].worn") shouldBe 76
            Ship.offset("wheels[3]") shouldBe 80
        }

        test("a path that leads nowhere is refused with what there is") {
            refusal { Ship.offset("positions") } shouldBe "Ship has no field 'positions': it has id, position, " +
                "trail, state, wheels, name, isKnown, grade, rank, sign, mass"
            refusal { Ship.offset("position.w") } shouldBe "Vec3 has no field 'w': it has x, y, z"
            refusal { Ship.offset("mass.x") } shouldBe "'mass.x' leads nowhere: 'mass' of Ship is no nested struct"
            refusal { Ship.offset("wheels.worn") } shouldBe
                "'wheels.worn' leads nowhere: 'wheels' of Ship is no nested struct"
            refusal { Ship.offset("trail[8]") } shouldBe
                "'trail[8]' leads nowhere: 'trail' of Ship has elements 0 to 7"
            refusal { Ship.offset("trail[x]") } shouldBe
                "'trail[x]' leads nowhere: 'trail' of Ship has elements 0 to 7"
            refusal { Ship.offset("name[0]") } shouldBe "'name[0]' leads nowhere: 'name' of Ship is no array"
            refusal { Ship.offset("mass[0]") } shouldBe "'mass[0]' leads nowhere: 'mass' of Ship is no array"
            refusal { Ship.offset("") } shouldBe "Ship has no field '': it has id, position, trail, " +
                "state, wheels, name, isKnown, grade, rank, sign, mass"
        }

        test("a struct without fields is refused at its first use") {
            refusal { Empty.byteSize } shouldBe "Empty has no fields: declare at least one before its first use"
            refusal { Empty.layout } shouldBe "Empty has no fields: declare at least one before its first use"
            refusal { Empty.alignment }
            refusal { Empty.toStructLayout() }
        }

        test("a field that is declared after the first use is refused, and the layout stays") {
            val message = "Open is in use, so its layout is settled: declare all of its fields before its first use, " +
                "and let no two structs contain each other"
            val used = Open { addInt("a") }
            used.byteSize shouldBe 4
            refusal { used.addInt("b") } shouldBe message
            refusal { used.addPadding(1) } shouldBe message
            refusal { used.addAlignment(8) } shouldBe message
            refusal { used.addFlag(IntField<Open>(0)) } shouldBe message
            used.layout shouldBe "Open{a: int @0 +4} 4 bytes, alignment 4"
        }

        test("the text form settles nothing, so that a debugger does not either") {
            val open = Open { addInt("a") }
            open.toString() shouldBe "Open{a: int @0 +4} 4 bytes, alignment 4"
            open.addInt("b")
            open.toString() shouldBe "Open{a: int @0 +4, b: int @4 +4} 8 bytes, alignment 4"
            open.layout shouldBe "Open{a: int @0 +4, b: int @4 +4} 8 bytes, alignment 4"
            Empty.toString() shouldBe "Empty{} 0 bytes, alignment 1"
        }

        test("structs that contain each other, or themselves, are refused") {
            val failure = shouldThrow<ExceptionInInitializerError> { Egg.byteSize }
            failure.cause?.message shouldBe "Egg is in use, so its layout is settled: declare all of its fields " +
                "before its first use, and let no two structs contain each other"
            refusal { Open { addSelf() } } shouldBe "Open cannot contain itself"
        }

        test("counts, alignments and paddings that cannot be are refused") {
            refusal { Open { addFloats(0) } } shouldBe
                "A fixed array or a text in Open needs at least one element, not 0"
            refusal { Open { addText(-1) } } shouldBe
                "A fixed array or a text in Open needs at least one element, not -1"
            refusal { Open { addVectors(0) } } shouldBe
                "A fixed array or a text in Open needs at least one element, not 0"
            refusal { Open { addPadding(0) } } shouldBe "Padding in Open needs at least one byte, not 0"
            refusal { Open(alignment = 3) } shouldBe
                "3 cannot be an alignment in Open: take a power of two from 1 to 65,536"
            refusal { Open { addAlignment(1L shl 17) } } shouldBe
                "131,072 cannot be an alignment in Open: take a power of two from 1 to 65,536"
            refusal { Open { addAlignment(0) } }
            refusal { Open { addAlignment(Long.MIN_VALUE) } }
        }

        test("a struct that is too large is refused, and what fits is not") {
            Open { addText((1 shl 24) - 1) }.byteSize shouldBe (1L shl 24) - 1
            refusal { Open { addText(1 shl 24) } } shouldBe "Open would have 16,777,216 bytes, and a struct " +
                "can have 16,777,215 bytes: keep large arrays outside of structs"
            refusal { Open { addPadding(Long.MAX_VALUE) } } shouldStartWith "Open would have 9,223,372,036,854,775,807 "
            refusal { Open { addFloats(Int.MAX_VALUE) } } shouldStartWith "Open would have 8,589,934,588 bytes"
            refusal { Open(alignment = 64) { addText((1 shl 24) - 1) }.byteSize } shouldBe
                "Open would have 16,777,216 bytes, and a struct can have 16,777,215 bytes: keep large arrays outside " +
                "of structs"
            refusal { Open { addStructs(Large, 1) } } shouldBe "Open cannot have a fixed array of 1 Large of " +
                "1,048,576 bytes: at most 1,048,575 of at most 1,048,575 bytes can be"
            refusal { Open { addVectors(1 shl 20) } } shouldBe "Open cannot have a fixed array of 1,048,576 " +
                "Vec3 of 12 bytes: at most 1,048,575 of at most 1,048,575 bytes can be"
        }

        test("bits that are outside of their word or taken are refused") {
            refusal { Open { addFlag(addInt(), 32) } } shouldBe "1 bit from bit 32 on cannot be a field of " +
                "Open: the word has 32 bits, and a field takes 1 to 31 of them"
            refusal { Open { addFlag(addInt(), -1) } }
            refusal { Open { addBits(addInt(), 32) } }
            refusal { Open { addBits(addInt(), 0) } }
            refusal { Open { addBits(addInt(), 8, firstBit = 25) } } shouldBe "8 bits from bit 25 on cannot " +
                "be a field of Open: the word has 32 bits, and a field takes 1 to 31 of them"
            refusal {
                Open {
                    val word = addInt()
                    addBits(word, 3, firstBit = 4)
                    addFlag(word, 6)
                }
            } shouldBe "1 bit from bit 6 on cannot be a field of Open: another field has some of them"
            refusal { Open { addFlag(IntField<Open>(0)) } } shouldBe "Open has no byte, short, int or " +
                "long of its own at offset 0 whose bits could be fields"
        }

        test("names that paths cannot have, and names that are taken, are refused") {
            for (name in listOf("", "a.b", "a[0]")) {
                refusal { Open { addInt(name) } } shouldBe
                    "'$name' cannot be the name of a field of Open: take one without dots and brackets, which paths use"
            }
            refusal {
                Open {
                    addInt("a")
                    addInt("a")
                }
            } shouldBe "Open has a field 'a' already"
        }

        test("an element that a fixed array does not have is refused") {
            val failure = shouldThrow<ElementBoundsException> { Ship.trail[8] }
            failure.message shouldBe
                "The fixed array at offset 20 of the struct has no element 8: it has 8, from 0 to 7"
            failure.index shouldBe 8
            failure.count shouldBe 8
            shouldThrow<ElementBoundsException> { Ship.wheels[-1] }.message shouldBe
                "The fixed array at offset 56 of the struct has no element -1: it has 4, from 0 to 3"
        }
    }

    private fun refusal(declare: () -> Any): String = shouldThrow<StructLayoutException> { declare() }.message!!
}
