package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.contains
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.forEachKey
import dev.leasehold.memory.typed.forEachValue
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.key
import dev.leasehold.memory.typed.keys
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.values

/** What a suite needs to run over keys [K] of any type: each operation with the object [T] that a key is on the heap. */
internal abstract class KeyKind<K, T : Any>(val name: String, val type: ElementType<K>) {
    /** The key with the number [number]: another for each, as far as there are so many. */
    abstract fun of(number: Int): T

    abstract fun find(of: OffHeapDictionary<K, *>, key: T): OffHeapDictionary.Place

    abstract fun getOrPut(of: OffHeapDictionary<K, *>, key: T): OffHeapDictionary.Place

    abstract fun contains(of: OffHeapDictionary<K, *>, key: T): Boolean

    abstract fun remove(of: OffHeapDictionary<K, *>, key: T): Boolean

    abstract fun key(of: OffHeapDictionary<K, *>, at: OffHeapDictionary.Place): T

    abstract fun keys(of: OffHeapDictionary<K, *>): List<T>

    override fun toString(): String = name
}

/** The same for values. */
internal abstract class ValueKind<V, T : Any>(val name: String, val type: ElementType<V>) {
    abstract fun of(number: Int): T

    abstract fun get(of: OffHeapDictionary<*, V>, at: OffHeapDictionary.Place): T

    abstract fun set(of: OffHeapDictionary<*, V>, at: OffHeapDictionary.Place, value: T)

    abstract fun values(of: OffHeapDictionary<*, V>): List<T>

    override fun toString(): String = name
}

private val FLOATS = listOf(0f, -0f, Float.NaN, Float.MIN_VALUE)
private val DOUBLES = listOf(0.0, -0.0, Double.NaN, Double.MIN_VALUE)

internal object ByteKeys : KeyKind<Byte, Byte>("bytes", ElementType.BYTE) {
    override fun of(number: Int) = number.toByte()

    override fun find(of: OffHeapDictionary<Byte, *>, key: Byte) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Byte, *>, key: Byte) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Byte, *>, key: Byte) = key in of

    override fun remove(of: OffHeapDictionary<Byte, *>, key: Byte) = of.remove(key)

    override fun key(of: OffHeapDictionary<Byte, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Byte, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object ShortKeys : KeyKind<Short, Short>("shorts", ElementType.SHORT) {
    override fun of(number: Int) = (number * 257).toShort()

    override fun find(of: OffHeapDictionary<Short, *>, key: Short) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Short, *>, key: Short) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Short, *>, key: Short) = key in of

    override fun remove(of: OffHeapDictionary<Short, *>, key: Short) = of.remove(key)

    override fun key(of: OffHeapDictionary<Short, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Short, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object CharKeys : KeyKind<Char, Char>("chars", ElementType.CHAR) {
    override fun of(number: Int) = (number * 257).toChar()

    override fun find(of: OffHeapDictionary<Char, *>, key: Char) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Char, *>, key: Char) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Char, *>, key: Char) = key in of

    override fun remove(of: OffHeapDictionary<Char, *>, key: Char) = of.remove(key)

    override fun key(of: OffHeapDictionary<Char, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Char, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object IntKeys : KeyKind<Int, Int>("ints", ElementType.INT) {
    override fun of(number: Int) = number * 0x1000193

    override fun find(of: OffHeapDictionary<Int, *>, key: Int) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Int, *>, key: Int) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Int, *>, key: Int) = key in of

    override fun remove(of: OffHeapDictionary<Int, *>, key: Int) = of.remove(key)

    override fun key(of: OffHeapDictionary<Int, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Int, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object LongKeys : KeyKind<Long, Long>("longs", ElementType.LONG) {
    override fun of(number: Int) = number * 0x100000001b3L

    override fun find(of: OffHeapDictionary<Long, *>, key: Long) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Long, *>, key: Long) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Long, *>, key: Long) = key in of

    override fun remove(of: OffHeapDictionary<Long, *>, key: Long) = of.remove(key)

    override fun key(of: OffHeapDictionary<Long, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Long, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object FloatKeys : KeyKind<Float, Float>("floats", ElementType.FLOAT) {
    override fun of(number: Int) = FLOATS.getOrElse(number) { number * 1.5f }

    override fun find(of: OffHeapDictionary<Float, *>, key: Float) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Float, *>, key: Float) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Float, *>, key: Float) = key in of

    override fun remove(of: OffHeapDictionary<Float, *>, key: Float) = of.remove(key)

    override fun key(of: OffHeapDictionary<Float, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Float, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object DoubleKeys : KeyKind<Double, Double>("doubles", ElementType.DOUBLE) {
    override fun of(number: Int) = DOUBLES.getOrElse(number) { number * 1.5 }

    override fun find(of: OffHeapDictionary<Double, *>, key: Double) = of.find(key)

    override fun getOrPut(of: OffHeapDictionary<Double, *>, key: Double) = of.getOrPut(key)

    override fun contains(of: OffHeapDictionary<Double, *>, key: Double) = key in of

    override fun remove(of: OffHeapDictionary<Double, *>, key: Double) = of.remove(key)

    override fun key(of: OffHeapDictionary<Double, *>, at: OffHeapDictionary.Place) = of.key(at)

    override fun keys(of: OffHeapDictionary<Double, *>) = buildList { for (key in of.keys()) add(key) }
}

internal object StructKeys : KeyKind<Dot, HeapDot>("structs", Dot) {
    override fun of(number: Int) = HeapDot(number / 3L, number.toFloat(), number % 2 == 0)

    override fun find(of: OffHeapDictionary<Dot, *>, key: HeapDot) = of.find(key.view())

    override fun getOrPut(of: OffHeapDictionary<Dot, *>, key: HeapDot) = of.getOrPut(key.view())

    override fun contains(of: OffHeapDictionary<Dot, *>, key: HeapDot) = key.view() in of

    override fun remove(of: OffHeapDictionary<Dot, *>, key: HeapDot) = of.remove(key.view())

    override fun key(of: OffHeapDictionary<Dot, *>, at: OffHeapDictionary.Place) = HeapDot.of(of.key(at))

    override fun keys(of: OffHeapDictionary<Dot, *>) = buildList { of.forEachKey { add(HeapDot.of(it)) } }
}

internal object ByteValues : ValueKind<Byte, Byte>("bytes", ElementType.BYTE) {
    override fun of(number: Int) = number.toByte()

    override fun get(of: OffHeapDictionary<*, Byte>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Byte>, at: OffHeapDictionary.Place, value: Byte) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Byte>) = buildList { for (value in of.values()) add(value) }
}

internal object ShortValues : ValueKind<Short, Short>("shorts", ElementType.SHORT) {
    override fun of(number: Int) = (number * 257).toShort()

    override fun get(of: OffHeapDictionary<*, Short>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Short>, at: OffHeapDictionary.Place, value: Short) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Short>) = buildList { for (value in of.values()) add(value) }
}

internal object CharValues : ValueKind<Char, Char>("chars", ElementType.CHAR) {
    override fun of(number: Int) = (number * 257).toChar()

    override fun get(of: OffHeapDictionary<*, Char>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Char>, at: OffHeapDictionary.Place, value: Char) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Char>) = buildList { for (value in of.values()) add(value) }
}

internal object IntValues : ValueKind<Int, Int>("ints", ElementType.INT) {
    override fun of(number: Int) = number * 0x1000193

    override fun get(of: OffHeapDictionary<*, Int>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Int>, at: OffHeapDictionary.Place, value: Int) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Int>) = buildList { for (value in of.values()) add(value) }
}

internal object LongValues : ValueKind<Long, Long>("longs", ElementType.LONG) {
    override fun of(number: Int) = number * 0x100000001b3L

    override fun get(of: OffHeapDictionary<*, Long>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Long>, at: OffHeapDictionary.Place, value: Long) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Long>) = buildList { for (value in of.values()) add(value) }
}

internal object FloatValues : ValueKind<Float, Float>("floats", ElementType.FLOAT) {
    override fun of(number: Int) = FLOATS.getOrElse(number) { number * 1.5f }

    override fun get(of: OffHeapDictionary<*, Float>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Float>, at: OffHeapDictionary.Place, value: Float) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Float>) = buildList { for (value in of.values()) add(value) }
}

internal object DoubleValues : ValueKind<Double, Double>("doubles", ElementType.DOUBLE) {
    override fun of(number: Int) = DOUBLES.getOrElse(number) { number * 1.5 }

    override fun get(of: OffHeapDictionary<*, Double>, at: OffHeapDictionary.Place) = of[at]

    override fun set(of: OffHeapDictionary<*, Double>, at: OffHeapDictionary.Place, value: Double) = of.set(at, value)

    override fun values(of: OffHeapDictionary<*, Double>) = buildList { for (value in of.values()) add(value) }
}

internal object StructValues : ValueKind<Dot, HeapDot>("structs", Dot) {
    override fun of(number: Int) = HeapDot(number.toLong(), number / 7f, number % 2 == 0)

    override fun get(of: OffHeapDictionary<*, Dot>, at: OffHeapDictionary.Place) = HeapDot.of(of[at])

    override fun set(of: OffHeapDictionary<*, Dot>, at: OffHeapDictionary.Place, value: HeapDot) {
        if (value.lit) value.writeTo(of[at]) else of[at] = value.view()
    }

    override fun values(of: OffHeapDictionary<*, Dot>) = buildList { of.forEachValue { add(HeapDot.of(it)) } }
}

internal val KEY_KINDS: List<KeyKind<*, *>> =
    listOf(ByteKeys, ShortKeys, CharKeys, IntKeys, LongKeys, FloatKeys, DoubleKeys, StructKeys)

internal val VALUE_KINDS: List<ValueKind<*, *>> =
    listOf(ByteValues, ShortValues, CharValues, IntValues, LongValues, FloatValues, DoubleValues, StructValues)
