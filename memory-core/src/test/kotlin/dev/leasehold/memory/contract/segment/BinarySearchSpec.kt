package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.asBytes
import dev.leasehold.memory.typed.asChars
import dev.leasehold.memory.typed.asDoubles
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll
import java.util.Arrays

private val values = Arb.list(Arb.int(-20..20), 0..40)

class BinarySearchSpec : FunSpec({
    test("a search in bytes ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = ByteArray(list.size) { list[it].toByte() }.apply { sort() }
            withMemory(array.size * 1L) { memory ->
                memory.asBytes().copyFrom(array)
                val key = wanted.toByte()
                val found = memory.asBytes().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asBytes()[found] shouldBeExactly key
            }
        }
    }

    test("a search in shorts ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = ShortArray(list.size) { list[it].toShort() }.apply { sort() }
            withMemory(array.size * 2L) { memory ->
                memory.asShorts().copyFrom(array)
                val key = wanted.toShort()
                val found = memory.asShorts().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asShorts()[found] shouldBeExactly key
            }
        }
    }

    test("a search in chars ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = CharArray(list.size) { list[it].let { ch -> (ch + 30).toChar() } }.apply { sort() }
            withMemory(array.size * 2L) { memory ->
                memory.asChars().copyFrom(array)
                val key = wanted.let { ch -> (ch + 30).toChar() }
                val found = memory.asChars().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asChars()[found] shouldBeExactly key
            }
        }
    }

    test("a search in ints ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = IntArray(list.size) { list[it] }.apply { sort() }
            withMemory(array.size * 4L) { memory ->
                memory.asInts().copyFrom(array)
                val key = wanted
                val found = memory.asInts().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asInts()[found] shouldBeExactly key
            }
        }
    }

    test("a search in longs ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = LongArray(list.size) { list[it].toLong() }.apply { sort() }
            withMemory(array.size * 8L) { memory ->
                memory.asLongs().copyFrom(array)
                val key = wanted.toLong()
                val found = memory.asLongs().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asLongs()[found] shouldBeExactly key
            }
        }
    }

    test("a search in floats ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = FloatArray(list.size) {
                list[it].let { number -> special(number.toDouble()).toFloat() }
            }.apply { sort() }
            withMemory(array.size * 4L) { memory ->
                memory.asFloats().copyFrom(array)
                val key = wanted.let { number -> special(number.toDouble()).toFloat() }
                val found = memory.asFloats().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asFloats()[found] shouldBeExactly key
            }
        }
    }

    test("a search in doubles ends as one in an array does") {
        checkAll(values, Arb.int(-21..21)) { list, wanted ->
            val array = DoubleArray(list.size) {
                list[it].let { number -> special(number.toDouble()) }
            }.apply { sort() }
            withMemory(array.size * 8L) { memory ->
                memory.asDoubles().copyFrom(array)
                val key = wanted.let { number -> special(number.toDouble()) }
                val found = memory.asDoubles().binarySearch(key)
                val expected = Arrays.binarySearch(array, key).toLong()
                if (expected < 0) found shouldBe expected else memory.asDoubles()[found] shouldBeExactly key
            }
        }
    }

    test("a missing value gives the place to insert it, an empty view gives the first") {
        withMemory(16) { memory ->
            val ints = memory.asInts()
            ints.copyFrom(intArrayOf(10, 20, 30, 40))
            listOf(5, 10, 25, 40, 45).map { ints.binarySearch(it) } shouldBe listOf(-1L, 0L, -3L, 3L, -5L)
            ints.slice(0, 0).binarySearch(5) shouldBe -1
        }
    }
})

/** A few of the numbers become those that have an order of their own. */
private fun special(number: Double): Double = when (number) {
    -20.0 -> Double.NEGATIVE_INFINITY
    -19.0 -> -0.0
    20.0 -> Double.NaN
    else -> number
}
