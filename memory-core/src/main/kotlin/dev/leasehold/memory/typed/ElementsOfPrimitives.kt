@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

// ---- bytes ----

/** The index of the first byte that equals [value], or -1. */
public fun OffHeapElements<Byte>.indexOf(value: Byte): Long =
    firstPlace(1) { raw, at -> Values.BYTE.get(raw, at) as Byte == value }

/** The index of the last byte that equals [value], or -1. */
public fun OffHeapElements<Byte>.lastIndexOf(value: Byte): Long =
    lastPlace(1) { raw, at -> Values.BYTE.get(raw, at) as Byte == value }

/** Whether a byte equals [value]. */
public operator fun OffHeapElements<Byte>.contains(value: Byte): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all bytes; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Byte>.toByteArray(): ByteArray =
    ByteArray(arraySize("ByteArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each byte in order. */
@JvmSynthetic
@JvmName("forEachByte")
public inline fun OffHeapElements<Byte>.forEach(action: (Byte) -> Unit): Unit =
    eachPlace(1) { raw, at -> action(raw.get(JAVA_BYTE, at)) }

/** The bytes in order, read one by one. */
@JvmSynthetic
@JvmName("byteIterator")
public operator fun OffHeapElements<Byte>.iterator(): ByteIterator = object : ByteIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextByte(): Byte = cursor.next { raw, at -> Values.BYTE.get(raw, at) as Byte }
}

// ---- shorts ----

/** The index of the first short that equals [value], or -1. */
public fun OffHeapElements<Short>.indexOf(value: Short): Long =
    firstPlace(2) { raw, at -> Values.SHORT.get(raw, at) as Short == value }

/** The index of the last short that equals [value], or -1. */
public fun OffHeapElements<Short>.lastIndexOf(value: Short): Long =
    lastPlace(2) { raw, at -> Values.SHORT.get(raw, at) as Short == value }

/** Whether a short equals [value]. */
public operator fun OffHeapElements<Short>.contains(value: Short): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all shorts; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Short>.toShortArray(): ShortArray =
    ShortArray(arraySize("ShortArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each short in order. */
@JvmSynthetic
@JvmName("forEachShort")
public inline fun OffHeapElements<Short>.forEach(action: (Short) -> Unit): Unit =
    eachPlace(2) { raw, at -> action(raw.get(JAVA_SHORT_UNALIGNED, at)) }

/** The shorts in order, read one by one. */
@JvmSynthetic
@JvmName("shortIterator")
public operator fun OffHeapElements<Short>.iterator(): ShortIterator = object : ShortIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextShort(): Short = cursor.next { raw, at -> Values.SHORT.get(raw, at) as Short }
}

// ---- chars ----

/** The index of the first char that equals [value], or -1. */
public fun OffHeapElements<Char>.indexOf(value: Char): Long =
    firstPlace(2) { raw, at -> Values.CHAR.get(raw, at) as Char == value }

/** The index of the last char that equals [value], or -1. */
public fun OffHeapElements<Char>.lastIndexOf(value: Char): Long =
    lastPlace(2) { raw, at -> Values.CHAR.get(raw, at) as Char == value }

/** Whether a char equals [value]. */
public operator fun OffHeapElements<Char>.contains(value: Char): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all chars; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Char>.toCharArray(): CharArray =
    CharArray(arraySize("CharArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each char in order. */
@JvmSynthetic
@JvmName("forEachChar")
public inline fun OffHeapElements<Char>.forEach(action: (Char) -> Unit): Unit =
    eachPlace(2) { raw, at -> action(raw.get(JAVA_CHAR_UNALIGNED, at)) }

/** The chars in order, read one by one. */
@JvmSynthetic
@JvmName("charIterator")
public operator fun OffHeapElements<Char>.iterator(): CharIterator = object : CharIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextChar(): Char = cursor.next { raw, at -> Values.CHAR.get(raw, at) as Char }
}

// ---- ints ----

/** The index of the first int that equals [value], or -1. */
public fun OffHeapElements<Int>.indexOf(value: Int): Long =
    firstPlace(4) { raw, at -> Values.INT.get(raw, at) as Int == value }

/** The index of the last int that equals [value], or -1. */
public fun OffHeapElements<Int>.lastIndexOf(value: Int): Long =
    lastPlace(4) { raw, at -> Values.INT.get(raw, at) as Int == value }

/** Whether an int equals [value]. */
public operator fun OffHeapElements<Int>.contains(value: Int): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all ints; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Int>.toIntArray(): IntArray =
    IntArray(arraySize("IntArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each int in order. */
@JvmSynthetic
@JvmName("forEachInt")
public inline fun OffHeapElements<Int>.forEach(action: (Int) -> Unit): Unit =
    eachPlace(4) { raw, at -> action(raw.get(JAVA_INT_UNALIGNED, at)) }

/** The ints in order, read one by one. */
@JvmSynthetic
@JvmName("intIterator")
public operator fun OffHeapElements<Int>.iterator(): IntIterator = object : IntIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextInt(): Int = cursor.next { raw, at -> Values.INT.get(raw, at) as Int }
}

// ---- longs ----

/** The index of the first long that equals [value], or -1. */
public fun OffHeapElements<Long>.indexOf(value: Long): Long =
    firstPlace(8) { raw, at -> Values.LONG.get(raw, at) as Long == value }

/** The index of the last long that equals [value], or -1. */
public fun OffHeapElements<Long>.lastIndexOf(value: Long): Long =
    lastPlace(8) { raw, at -> Values.LONG.get(raw, at) as Long == value }

/** Whether a long equals [value]. */
public operator fun OffHeapElements<Long>.contains(value: Long): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all longs; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Long>.toLongArray(): LongArray =
    LongArray(arraySize("LongArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each long in order. */
@JvmSynthetic
@JvmName("forEachLong")
public inline fun OffHeapElements<Long>.forEach(action: (Long) -> Unit): Unit =
    eachPlace(8) { raw, at -> action(raw.get(JAVA_LONG_UNALIGNED, at)) }

/** The longs in order, read one by one. */
@JvmSynthetic
@JvmName("longIterator")
public operator fun OffHeapElements<Long>.iterator(): LongIterator = object : LongIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextLong(): Long = cursor.next { raw, at -> Values.LONG.get(raw, at) as Long }
}

// ---- floats ----

/** The index of the first float that equals [value], or -1. */
public fun OffHeapElements<Float>.indexOf(value: Float): Long =
    firstPlace(4) { raw, at -> (Values.FLOAT.get(raw, at) as Float).toBits() == value.toBits() }

/** The index of the last float that equals [value], or -1. */
public fun OffHeapElements<Float>.lastIndexOf(value: Float): Long =
    lastPlace(4) { raw, at -> (Values.FLOAT.get(raw, at) as Float).toBits() == value.toBits() }

/** Whether a float equals [value]. */
public operator fun OffHeapElements<Float>.contains(value: Float): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all floats; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Float>.toFloatArray(): FloatArray =
    FloatArray(arraySize("FloatArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each float in order. */
@JvmSynthetic
@JvmName("forEachFloat")
public inline fun OffHeapElements<Float>.forEach(action: (Float) -> Unit): Unit =
    eachPlace(4) { raw, at -> action(raw.get(JAVA_FLOAT_UNALIGNED, at)) }

/** The floats in order, read one by one. */
@JvmSynthetic
@JvmName("floatIterator")
public operator fun OffHeapElements<Float>.iterator(): FloatIterator = object : FloatIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextFloat(): Float = cursor.next { raw, at -> Values.FLOAT.get(raw, at) as Float }
}

// ---- doubles ----

/** The index of the first double that equals [value], or -1. */
public fun OffHeapElements<Double>.indexOf(value: Double): Long =
    firstPlace(8) { raw, at -> (Values.DOUBLE.get(raw, at) as Double).toBits() == value.toBits() }

/** The index of the last double that equals [value], or -1. */
public fun OffHeapElements<Double>.lastIndexOf(value: Double): Long =
    lastPlace(8) { raw, at -> (Values.DOUBLE.get(raw, at) as Double).toBits() == value.toBits() }

/** Whether a double equals [value]. */
public operator fun OffHeapElements<Double>.contains(value: Double): Boolean = indexOf(value) >= 0

/**
 * A new array with a copy of all doubles; it is the caller's. Throws [SegmentSizeException] when they do not fit into
 * one.
 */
public fun OffHeapElements<Double>.toDoubleArray(): DoubleArray =
    DoubleArray(arraySize("DoubleArray")).also { copyAll(MemorySegment.ofArray(it)) }

/** Calls [action] with each double in order. */
@JvmSynthetic
@JvmName("forEachDouble")
public inline fun OffHeapElements<Double>.forEach(action: (Double) -> Unit): Unit =
    eachPlace(8) { raw, at -> action(raw.get(JAVA_DOUBLE_UNALIGNED, at)) }

/** The doubles in order, read one by one. */
@JvmSynthetic
@JvmName("doubleIterator")
public operator fun OffHeapElements<Double>.iterator(): DoubleIterator = object : DoubleIterator() {
    private val cursor = OffHeapElements.Cursor(this@iterator)

    override fun hasNext(): Boolean = cursor.hasNext()

    override fun nextDouble(): Double = cursor.next { raw, at -> Values.DOUBLE.get(raw, at) as Double }
}
