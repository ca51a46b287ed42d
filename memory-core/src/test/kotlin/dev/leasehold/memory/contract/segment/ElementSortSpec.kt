package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.asBytes
import dev.leasehold.memory.typed.asChars
import dev.leasehold.memory.typed.asDoubles
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** Shapes of input that are known to lead one sort or another astray; each gives the value at an index. */
private val patterns: Map<String, (Int, Int, Random) -> Long> = mapOf(
    "random" to { _, _, random -> random.nextLong() },
    "sorted" to { index, size, _ -> index.toLong() - size / 2 },
    "reversed" to { index, size, _ -> size / 2 - index.toLong() },
    "equal" to { _, _, _ -> 7 },
    "two values" to { _, _, random -> random.nextLong(2) },
    "few values" to { _, _, random -> random.nextLong(-5, 5) },
    "organ pipe" to { index, size, _ -> minOf(index, size - index).toLong() },
    "valley" to { index, size, _ -> maxOf(index, size - index).toLong() },
    "saw tooth" to { index, _, _ -> index % 37L },
    "sorted but the last" to { index, size, _ -> if (index == size - 1) -1 else index.toLong() },
    "reversed but the first" to { index, size, _ -> if (index == 0) 0 else size - index.toLong() },
    "two sorted halves" to { index, size, _ -> index % (size / 2 + 1).toLong() },
    "alternating ends" to { index, size, _ -> if (index % 2 == 0) index.toLong() else size - index.toLong() },
)

private val sizes = (0..70).toList() + listOf(127, 128, 255, 256, 257, 300, 1_000, 4_097)

/** Whole numbers, every NaN, infinities and both zeroes. */
private fun floatOf(value: Long): Float = when (value and 15) {
    12L -> Float.fromBits(value.toInt())
    13L -> Float.NaN
    14L -> if (value < 0) -0.0f else 0.0f
    15L -> if (value < 0) Float.NEGATIVE_INFINITY else Float.fromBits(-0x3fffff)
    else -> value.toFloat()
}

private fun doubleOf(value: Long): Double = when (value and 15) {
    12L -> Double.fromBits(value)
    13L -> Double.NaN
    14L -> if (value < 0) -0.0 else 0.0
    15L -> if (value < 0) Double.NEGATIVE_INFINITY else Double.fromBits(-0x7ffffffffffffL)
    else -> value.toDouble()
}

private fun checkBytes(values: ByteArray) = withMemory(values.size * 1L + 1) { memory ->
    val bytes = memory.slice(1).asBytes()
    bytes.copyFrom(values)
    bytes.sort()
    bytes.toByteArray().toList() shouldBe values.apply { sort() }.toList()
}

private fun checkShorts(values: ShortArray) = withMemory(values.size * 2L + 1) { memory ->
    val shorts = memory.slice(1).asShorts()
    shorts.copyFrom(values)
    shorts.sort()
    shorts.toShortArray().toList() shouldBe values.apply { sort() }.toList()
}

private fun checkChars(values: CharArray) = withMemory(values.size * 2L + 1) { memory ->
    val chars = memory.slice(1).asChars()
    chars.copyFrom(values)
    chars.sort()
    chars.toCharArray().toList() shouldBe values.apply { sort() }.toList()
}

private fun checkInts(values: IntArray) = withMemory(values.size * 4L + 1) { memory ->
    val ints = memory.slice(1).asInts()
    ints.copyFrom(values)
    ints.sort()
    ints.toIntArray().toList() shouldBe values.apply { sort() }.toList()
}

private fun checkLongs(values: LongArray) = withMemory(values.size * 8L + 1) { memory ->
    val longs = memory.slice(1).asLongs()
    longs.copyFrom(values)
    longs.sort()
    longs.toLongArray().toList() shouldBe values.apply { sort() }.toList()
}

private fun checkFloats(values: FloatArray) = withMemory(values.size * 4L + 1) { memory ->
    val floats = memory.slice(1).asFloats()
    floats.copyFrom(values)
    floats.sort()
    floats.toFloatArray().toList() shouldBeExactly values.apply { sort() }.toList()
}

private fun checkDoubles(values: DoubleArray) = withMemory(values.size * 8L + 1) { memory ->
    val doubles = memory.slice(1).asDoubles()
    doubles.copyFrom(values)
    doubles.sort()
    doubles.toDoubleArray().toList() shouldBeExactly values.apply { sort() }.toList()
}

class ElementSortSpec : FunSpec({
    test("bytes are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkBytes(
                        ByteArray(size) {
                            val value = pattern(it, size, random)
                            value.toByte()
                        },
                    )
                }
            }
        }
    }

    test("shorts are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkShorts(
                        ShortArray(size) {
                            val value = pattern(it, size, random)
                            value.toShort()
                        },
                    )
                }
            }
        }
    }

    test("chars are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkChars(
                        CharArray(size) {
                            val value = pattern(it, size, random)
                            value.toInt().toChar()
                        },
                    )
                }
            }
        }
    }

    test("ints are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkInts(
                        IntArray(size) {
                            val value = pattern(it, size, random)
                            value.toInt()
                        },
                    )
                }
            }
        }
    }

    test("longs are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkLongs(
                        LongArray(size) {
                            val value = pattern(it, size, random)
                            value
                        },
                    )
                }
            }
        }
    }

    test("floats are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkFloats(
                        FloatArray(size) {
                            val value = pattern(it, size, random)
                            floatOf(value)
                        },
                    )
                }
            }
        }
    }

    test("doubles are sorted as an array is, whatever their pattern and number") {
        val random = Random(20)
        for ((name, pattern) in patterns) {
            for (size in sizes) {
                withClue("$name, $size") {
                    checkDoubles(
                        DoubleArray(size) {
                            val value = pattern(it, size, random)
                            doubleOf(value)
                        },
                    )
                }
            }
        }
    }

    test("a million elements are sorted right in every pattern") {
        val random = Random(21)
        for ((name, pattern) in patterns) {
            withClue(name) { checkLongs(LongArray(1_000_000) { pattern(it, 1_000_000, random) }) }
        }
        checkDoubles(DoubleArray(1_000_000) { doubleOf(random.nextLong()) })
    }

    test("a sort moves the elements of its view only") {
        withMemory(400) { memory ->
            val all = memory.asInts()
            for (index in 0L..<100L) all[index] = 100 - index.toInt()
            all.slice(10, 90).sort()
            all.toIntArray().toList() shouldBe (100 downTo 91) + (11..90) + (10 downTo 1)
        }
    }

    test("sorting floating-point numbers keeps the bits of every NaN and of both zeroes") {
        val random = Random(22)
        val bits = LongArray(1_000) { if (it % 3 == 0) random.nextLong() or (0x7ffL shl 52) else random.nextLong() }
        bits[0] = 1L shl 63
        bits[1] = 0
        withMemory(8_000) { memory ->
            memory.asLongs().copyFrom(bits)
            memory.asDoubles().sort()
            memory.asLongs().toLongArray().sorted() shouldBe bits.sorted()
        }
    }
})
