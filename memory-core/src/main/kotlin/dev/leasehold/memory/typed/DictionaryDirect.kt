@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- longs to bytes ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getByte")
public operator fun OffHeapDictionary<Long, Byte>.get(key: Long): Byte =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.BYTE.get(raw, at) as Byte }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Byte>.getOrDefault(key: Long, default: Byte): Byte =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.BYTE.get(raw, at) as Byte }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Byte>.set(key: Long, value: Byte): Unit =
    putOfLong(key, 16, 8, value.toLong()) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Byte>.putIfAbsent(key: Long, value: Byte): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.BYTE.set(raw, at, value) }

// ---- longs to shorts ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getShort")
public operator fun OffHeapDictionary<Long, Short>.get(key: Long): Short =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.SHORT.get(raw, at) as Short }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Short>.getOrDefault(key: Long, default: Short): Short =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.SHORT.get(raw, at) as Short }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Short>.set(key: Long, value: Short): Unit =
    putOfLong(key, 16, 8, value.toLong()) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Short>.putIfAbsent(key: Long, value: Short): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.SHORT.set(raw, at, value) }

// ---- longs to chars ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getChar")
public operator fun OffHeapDictionary<Long, Char>.get(key: Long): Char =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.CHAR.get(raw, at) as Char }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Char>.getOrDefault(key: Long, default: Char): Char =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.CHAR.get(raw, at) as Char }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Char>.set(key: Long, value: Char): Unit =
    putOfLong(key, 16, 8, value.code.toLong()) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Char>.putIfAbsent(key: Long, value: Char): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.CHAR.set(raw, at, value) }

// ---- longs to ints ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getInt")
public operator fun OffHeapDictionary<Long, Int>.get(key: Long): Int =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.INT.get(raw, at) as Int }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Int>.getOrDefault(key: Long, default: Int): Int =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.INT.get(raw, at) as Int }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Int>.set(key: Long, value: Int): Unit =
    putOfLong(key, 16, 8, value.toLong()) { raw, at -> Values.INT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Int>.putIfAbsent(key: Long, value: Int): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.INT.set(raw, at, value) }

// ---- longs to longs ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getLong")
public operator fun OffHeapDictionary<Long, Long>.get(key: Long): Long =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.LONG.get(raw, at) as Long }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Long>.getOrDefault(key: Long, default: Long): Long =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.LONG.get(raw, at) as Long }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Long>.set(key: Long, value: Long): Unit =
    putOfLong(key, 16, 8, value) { raw, at -> Values.LONG.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Long>.putIfAbsent(key: Long, value: Long): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.LONG.set(raw, at, value) }

// ---- longs to floats ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getFloat")
public operator fun OffHeapDictionary<Long, Float>.get(key: Long): Float =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.FLOAT.get(raw, at) as Float }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Float>.getOrDefault(key: Long, default: Float): Float =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.FLOAT.get(raw, at) as Float }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Float>.set(key: Long, value: Float): Unit =
    putOfLong(key, 16, 8, value.toRawBits().toLong()) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Float>.putIfAbsent(key: Long, value: Float): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.FLOAT.set(raw, at, value) }

// ---- longs to doubles ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getDouble")
public operator fun OffHeapDictionary<Long, Double>.get(key: Long): Double =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.DOUBLE.get(raw, at) as Double }) { throw missing(key) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Long, Double>.getOrDefault(key: Long, default: Double): Double =
    lookUpOfLong(key, 16, 8, { raw, at -> Values.DOUBLE.get(raw, at) as Double }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Long, Double>.set(key: Long, value: Double): Unit =
    putOfLong(key, 16, 8, value.toRawBits()) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, Double>.putIfAbsent(key: Long, value: Double): Boolean =
    putNew(claimLong(key)) { raw, at -> Values.DOUBLE.set(raw, at, value) }

// ---- ints to bytes ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getByte")
public operator fun OffHeapDictionary<Int, Byte>.get(key: Int): Byte =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.BYTE.get(raw, at) as Byte }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Byte>.getOrDefault(key: Int, default: Byte): Byte =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.BYTE.get(raw, at) as Byte }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Byte>.set(key: Int, value: Byte): Unit =
    putOfInt(key, 8, 4, value.toLong()) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Byte>.putIfAbsent(key: Int, value: Byte): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.BYTE.set(raw, at, value) }

// ---- ints to shorts ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getShort")
public operator fun OffHeapDictionary<Int, Short>.get(key: Int): Short =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.SHORT.get(raw, at) as Short }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Short>.getOrDefault(key: Int, default: Short): Short =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.SHORT.get(raw, at) as Short }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Short>.set(key: Int, value: Short): Unit =
    putOfInt(key, 8, 4, value.toLong()) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Short>.putIfAbsent(key: Int, value: Short): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.SHORT.set(raw, at, value) }

// ---- ints to chars ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getChar")
public operator fun OffHeapDictionary<Int, Char>.get(key: Int): Char =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.CHAR.get(raw, at) as Char }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Char>.getOrDefault(key: Int, default: Char): Char =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.CHAR.get(raw, at) as Char }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Char>.set(key: Int, value: Char): Unit =
    putOfInt(key, 8, 4, value.code.toLong()) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Char>.putIfAbsent(key: Int, value: Char): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.CHAR.set(raw, at, value) }

// ---- ints to ints ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getInt")
public operator fun OffHeapDictionary<Int, Int>.get(key: Int): Int =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.INT.get(raw, at) as Int }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Int>.getOrDefault(key: Int, default: Int): Int =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.INT.get(raw, at) as Int }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Int>.set(key: Int, value: Int): Unit =
    putOfInt(key, 8, 4, value.toLong()) { raw, at -> Values.INT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Int>.putIfAbsent(key: Int, value: Int): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.INT.set(raw, at, value) }

// ---- ints to longs ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getLong")
public operator fun OffHeapDictionary<Int, Long>.get(key: Int): Long =
    lookUpOfInt(key, 16, 8, { raw, at -> Values.LONG.get(raw, at) as Long }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Long>.getOrDefault(key: Int, default: Long): Long =
    lookUpOfInt(key, 16, 8, { raw, at -> Values.LONG.get(raw, at) as Long }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Long>.set(key: Int, value: Long): Unit =
    putOfInt(key, 16, 8, value) { raw, at -> Values.LONG.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Long>.putIfAbsent(key: Int, value: Long): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.LONG.set(raw, at, value) }

// ---- ints to floats ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getFloat")
public operator fun OffHeapDictionary<Int, Float>.get(key: Int): Float =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.FLOAT.get(raw, at) as Float }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Float>.getOrDefault(key: Int, default: Float): Float =
    lookUpOfInt(key, 8, 4, { raw, at -> Values.FLOAT.get(raw, at) as Float }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Float>.set(key: Int, value: Float): Unit =
    putOfInt(key, 8, 4, value.toRawBits().toLong()) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Float>.putIfAbsent(key: Int, value: Float): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.FLOAT.set(raw, at, value) }

// ---- ints to doubles ----

/** The value of [key], or throws [NoSuchEntryException]. */
@JvmName("getDouble")
public operator fun OffHeapDictionary<Int, Double>.get(key: Int): Double =
    lookUpOfInt(key, 16, 8, { raw, at -> Values.DOUBLE.get(raw, at) as Double }) { throw missing(key.toLong()) }

/** The value of [key], or [default] when there is no entry of it. */
public fun OffHeapDictionary<Int, Double>.getOrDefault(key: Int, default: Double): Double =
    lookUpOfInt(key, 16, 8, { raw, at -> Values.DOUBLE.get(raw, at) as Double }) { default }

/** Puts [value] for [key], over the one that is there, if any. */
public operator fun OffHeapDictionary<Int, Double>.set(key: Int, value: Double): Unit =
    putOfInt(key, 16, 8, value.toRawBits()) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Puts [value] for [key] if there is no entry of it, and returns whether there was none. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, Double>.putIfAbsent(key: Int, value: Double): Boolean =
    putNew(claimInt(key)) { raw, at -> Values.DOUBLE.set(raw, at, value) }
