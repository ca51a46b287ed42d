@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** The byte at [position]. */
@JvmName("getByte")
public operator fun OffHeapAppendList<Byte>.get(position: Long): Byte =
    at(position, 0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** Sets the byte at [position] to [value]. */
public operator fun OffHeapAppendList<Byte>.set(position: Long, value: Byte): Unit =
    at(position, 0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Byte>.add(value: Byte): Long = append(0) { raw, at -> Values.BYTE.set(raw, at, value) }

// ---- shorts ----

/** The short at [position]. */
@JvmName("getShort")
public operator fun OffHeapAppendList<Short>.get(position: Long): Short =
    at(position, 1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** Sets the short at [position] to [value]. */
public operator fun OffHeapAppendList<Short>.set(position: Long, value: Short): Unit =
    at(position, 1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Short>.add(value: Short): Long = append(1) { raw, at -> Values.SHORT.set(raw, at, value) }

// ---- chars ----

/** The char at [position]. */
@JvmName("getChar")
public operator fun OffHeapAppendList<Char>.get(position: Long): Char =
    at(position, 1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** Sets the char at [position] to [value]. */
public operator fun OffHeapAppendList<Char>.set(position: Long, value: Char): Unit =
    at(position, 1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Char>.add(value: Char): Long = append(1) { raw, at -> Values.CHAR.set(raw, at, value) }

// ---- ints ----

/** The int at [position]. */
@JvmName("getInt")
public operator fun OffHeapAppendList<Int>.get(position: Long): Int =
    at(position, 2) { raw, at -> Values.INT.get(raw, at) as Int }

/** Sets the int at [position] to [value]. */
public operator fun OffHeapAppendList<Int>.set(position: Long, value: Int): Unit =
    at(position, 2) { raw, at -> Values.INT.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Int>.add(value: Int): Long = append(2) { raw, at -> Values.INT.set(raw, at, value) }

// ---- longs ----

/** The long at [position]. */
@JvmName("getLong")
public operator fun OffHeapAppendList<Long>.get(position: Long): Long =
    at(position, 3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** Sets the long at [position] to [value]. */
public operator fun OffHeapAppendList<Long>.set(position: Long, value: Long): Unit =
    at(position, 3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Long>.add(value: Long): Long = append(3) { raw, at -> Values.LONG.set(raw, at, value) }

// ---- floats ----

/** The float at [position]. */
@JvmName("getFloat")
public operator fun OffHeapAppendList<Float>.get(position: Long): Float =
    at(position, 2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** Sets the float at [position] to [value]. */
public operator fun OffHeapAppendList<Float>.set(position: Long, value: Float): Unit =
    at(position, 2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Float>.add(value: Float): Long = append(2) { raw, at -> Values.FLOAT.set(raw, at, value) }

// ---- doubles ----

/** The double at [position]. */
@JvmName("getDouble")
public operator fun OffHeapAppendList<Double>.get(position: Long): Double =
    at(position, 3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** Sets the double at [position] to [value]. */
public operator fun OffHeapAppendList<Double>.set(position: Long, value: Double): Unit =
    at(position, 3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Adds [value], and returns its position. */
@IgnorableReturnValue
public fun OffHeapAppendList<Double>.add(value: Double): Long =
    append(3) { raw, at -> Values.DOUBLE.set(raw, at, value) }
