package dev.leasehold.memory.support

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.Segment
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copy
import dev.leasehold.memory.copyFrom
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.int
import java.lang.foreign.Arena
import java.nio.ByteBuffer
import java.nio.ByteOrder as PlatformOrder

/** Native memory of [size] zeroes that lives while [block] runs. */
internal inline fun <R> withMemory(size: Long, block: (Segment) -> R): R =
    Arena.ofConfined().use { block(Segment.of(it.allocate(size))) }

/** Native memory that holds a copy of [bytes] and starts at an odd address. */
internal inline fun <R> withBytes(bytes: ByteArray, block: (Segment) -> R): R = withMemory(bytes.size + 1L) { memory ->
    val odd = memory.slice(1)
    odd.copyFrom(bytes)
    block(odd)
}

internal fun bytesOf(vararg values: Int): ByteArray = ByteArray(values.size) { values[it].toByte() }

/** Bytes 0, 1, 2 …: the content names every offset. */
internal fun countingBytes(size: Int): ByteArray = ByteArray(size) { it.toByte() }

internal fun arbBytes(sizes: IntRange): Arb<ByteArray> = Arb.byteArray(Arb.int(sizes), Arb.byte())

/** Compares as the total order does, in which NaN equals NaN and -0.0 is not 0.0, unlike `shouldBe`. */
internal infix fun Any.shouldBeExactly(expected: Any) {
    exact(this) shouldBe exact(expected)
}

private fun exact(value: Any): Any = when (value) {
    is Float -> "$value with bits ${value.toBits()}"
    is Double -> "$value with bits ${value.toBits()}"
    is List<*> -> value.map { exact(it!!) }
    else -> value
}

/** A boxed read and write of one primitive type, with its model in [ByteBuffer]. */
internal class Accessor(
    val name: String,
    val width: Int,
    val sample: Any,
    val get: Segment.(Long) -> Any,
    val set: Segment.(Long, Any) -> Unit,
    val model: ByteBuffer.(Int) -> Any,
    val ordered: Ordered? = null,
) {
    override fun toString(): String = name
}

/** The overloads that take a byte order. */
internal class Ordered(
    val get: Segment.(Long, ByteOrder) -> Any,
    val set: Segment.(Long, Any, ByteOrder) -> Unit,
)

internal val ByteOrder.platform: PlatformOrder
    get() = if (this == ByteOrder.BIG_ENDIAN) PlatformOrder.BIG_ENDIAN else PlatformOrder.LITTLE_ENDIAN

internal val accessors: List<Accessor> = listOf(
    Accessor("Byte", 1, 0x12.toByte(), { getByte(it) }, { at, v -> setByte(at, v as Byte) }, { get(it) }),
    Accessor(
        "Boolean",
        1,
        true,
        { getBoolean(it) },
        { at, v -> setBoolean(at, v as Boolean) },
        { get(it) != 0.toByte() },
    ),
    Accessor(
        "Short",
        2,
        0x1234.toShort(),
        { getShort(it) },
        { at, v -> setShort(at, v as Short) },
        { getShort(it) },
        Ordered({ at, order -> getShort(at, order) }, { at, v, order -> setShort(at, v as Short, order) }),
    ),
    Accessor(
        "Char",
        2,
        '\u1234',
        { getChar(it) },
        { at, v -> setChar(at, v as Char) },
        { getChar(it) },
        Ordered({ at, order -> getChar(at, order) }, { at, v, order -> setChar(at, v as Char, order) }),
    ),
    Accessor(
        "Int",
        4,
        0x12345678,
        { getInt(it) },
        { at, v -> setInt(at, v as Int) },
        { getInt(it) },
        Ordered({ at, order -> getInt(at, order) }, { at, v, order -> setInt(at, v as Int, order) }),
    ),
    Accessor(
        "Long",
        8,
        0x123456789abcdef0,
        { getLong(it) },
        { at, v -> setLong(at, v as Long) },
        { getLong(it) },
        Ordered({ at, order -> getLong(at, order) }, { at, v, order -> setLong(at, v as Long, order) }),
    ),
    Accessor(
        "Float",
        4,
        3.25f,
        { getFloat(it) },
        { at, v -> setFloat(at, v as Float) },
        { getFloat(it) },
        Ordered({ at, order -> getFloat(at, order) }, { at, v, order -> setFloat(at, v as Float, order) }),
    ),
    Accessor(
        "Double",
        8,
        -1.0e-300,
        { getDouble(it) },
        { at, v -> setDouble(at, v as Double) },
        { getDouble(it) },
        Ordered({ at, order -> getDouble(at, order) }, { at, v, order -> setDouble(at, v as Double, order) }),
    ),
)
