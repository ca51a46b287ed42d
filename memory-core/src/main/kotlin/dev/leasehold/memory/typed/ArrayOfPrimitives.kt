@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** The byte at [index]. */
@JvmName("getByte")
public operator fun OffHeapArray<Byte>.get(index: Long): Byte =
    at(index, 0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** Sets the byte at [index] to [value]. */
public operator fun OffHeapArray<Byte>.set(index: Long, value: Byte): Unit =
    at(index, 0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** A view of all bytes, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("byteElements")
public val OffHeapArray<Byte>.elements: ByteElements get() = asSegment().asBytes()

// ---- shorts ----

/** The short at [index]. */
@JvmName("getShort")
public operator fun OffHeapArray<Short>.get(index: Long): Short =
    at(index, 1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** Sets the short at [index] to [value]. */
public operator fun OffHeapArray<Short>.set(index: Long, value: Short): Unit =
    at(index, 1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** A view of all shorts, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("shortElements")
public val OffHeapArray<Short>.elements: ShortElements get() = asSegment().asShorts()

// ---- chars ----

/** The char at [index]. */
@JvmName("getChar")
public operator fun OffHeapArray<Char>.get(index: Long): Char =
    at(index, 1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** Sets the char at [index] to [value]. */
public operator fun OffHeapArray<Char>.set(index: Long, value: Char): Unit =
    at(index, 1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** A view of all chars, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("charElements")
public val OffHeapArray<Char>.elements: CharElements get() = asSegment().asChars()

// ---- ints ----

/** The int at [index]. */
@JvmName("getInt")
public operator fun OffHeapArray<Int>.get(index: Long): Int = at(index, 2) { raw, at -> Values.INT.get(raw, at) as Int }

/** Sets the int at [index] to [value]. */
public operator fun OffHeapArray<Int>.set(index: Long, value: Int): Unit =
    at(index, 2) { raw, at -> Values.INT.set(raw, at, value) }

/** A view of all ints, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("intElements")
public val OffHeapArray<Int>.elements: IntElements get() = asSegment().asInts()

// ---- longs ----

/** The long at [index]. */
@JvmName("getLong")
public operator fun OffHeapArray<Long>.get(index: Long): Long =
    at(index, 3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** Sets the long at [index] to [value]. */
public operator fun OffHeapArray<Long>.set(index: Long, value: Long): Unit =
    at(index, 3) { raw, at -> Values.LONG.set(raw, at, value) }

/** A view of all longs, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("longElements")
public val OffHeapArray<Long>.elements: LongElements get() = asSegment().asLongs()

// ---- floats ----

/** The float at [index]. */
@JvmName("getFloat")
public operator fun OffHeapArray<Float>.get(index: Long): Float =
    at(index, 2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** Sets the float at [index] to [value]. */
public operator fun OffHeapArray<Float>.set(index: Long, value: Float): Unit =
    at(index, 2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** A view of all floats, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("floatElements")
public val OffHeapArray<Float>.elements: FloatElements get() = asSegment().asFloats()

// ---- doubles ----

/** The double at [index]. */
@JvmName("getDouble")
public operator fun OffHeapArray<Double>.get(index: Long): Double =
    at(index, 3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** Sets the double at [index] to [value]. */
public operator fun OffHeapArray<Double>.set(index: Long, value: Double): Unit =
    at(index, 3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** A view of all doubles, to sort, search, fill, slice and copy them; see [OffHeapArray.asSegment]. */
@get:JvmSynthetic
@get:JvmName("doubleElements")
public val OffHeapArray<Double>.elements: DoubleElements get() = asSegment().asDoubles()
