package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.typed.Struct

/** The structs that the specs are about. */
object StructSubjects {
    object Particle : Struct<Particle>() {
        val x = float()
        val y = float()
        val z = float()
        val vx = float()
        val vy = float()
        val vz = float()
        val id = long()
    }

    object Vec3 : Struct<Vec3>() {
        val x = float()
        val y = float()
        val z = float()
    }

    object Wheel : Struct<Wheel>() {
        val pressure = float()
        val worn = boolean()
        val grip = text(3)
    }

    /** One field of every kind. */
    object Ship : Struct<Ship>() {
        val id = long()
        val position = struct(Vec3)
        val trail = floats(8)
        val state = int()
        val alive = state.flag()
        val team = state.bits(3)
        val level = state.bits(10, firstBit = 20)
        val wheels = structs(Wheel, 4)
        val name = text(10)
        val isKnown = boolean()
        val grade = byte()
        val rank = short()
        val sign = char()
        val mass = double()
    }

    /** One array of every kind. */
    object Arrays : Struct<Arrays>() {
        val booleans = booleans(3)
        val bytes = bytes(3)
        val shorts = shorts(3)
        val chars = chars(3)
        val ints = ints(3)
        val longs = longs(3)
        val floats = floats(3)
        val doubles = doubles(3)
    }

    object Packet : Struct<Packet>(packed = true) {
        val kind = byte()
        val length = int()
        val stamp = long()
        val ship = struct(Wheel)
    }

    object Line : Struct<Line>(alignment = 64) {
        val count = int()
        private val hidden = short()
    }

    object Gaps : Struct<Gaps>(name = "WithGaps") {
        const val LIMIT = 16L
        private const val START = 16L
        val first = byte("one")

        init {
            padding(3)
        }

        val second = byte("two")

        init {
            align(16)
        }

        val third = int()

        val isThirdNegative = third.flag((2 * START - 1).toInt())
    }

    object Words : Struct<Words>() {
        val byte = byte()
        val short = short()
        val long = long()
        val low = byte.flag()
        val high = byte.flag(7)
        val shortHigh = short.flag(15)
        val shortRest = short.bits(15, firstBit = 0)
        val longLow = long.bits(31)
        val longMiddle = long.bits(31)
        val longHigh = long.flag(63)
    }
}
