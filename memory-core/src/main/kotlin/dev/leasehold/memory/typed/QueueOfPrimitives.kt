@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** The byte at [index], counted from the head. */
@JvmName("getByte")
public operator fun OffHeapQueue<Byte>.get(index: Long): Byte =
    at(index, 0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** Sets the byte at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Byte>.set(index: Long, value: Byte): Unit =
    at(index, 0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Byte>.add(value: Byte): Unit = append(0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Takes the byte at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeByte")
@IgnorableReturnValue
public fun OffHeapQueue<Byte>.remove(): Byte = takeFirst(0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** The byte at the head, or throws [EmptyCollectionException]. */
@JvmName("peekByte")
public fun OffHeapQueue<Byte>.peek(): Byte = first(0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** Removes the byte at [index], counted from the head, and returns it. */
@JvmName("removeByteAt")
@IgnorableReturnValue
public fun OffHeapQueue<Byte>.removeAt(index: Long): Byte = get(index).also { removeElement(index) }

/** Removes the first byte that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Byte>.remove(value: Byte): Boolean = removeFound(indexOf(value))

// ---- shorts ----

/** The short at [index], counted from the head. */
@JvmName("getShort")
public operator fun OffHeapQueue<Short>.get(index: Long): Short =
    at(index, 1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** Sets the short at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Short>.set(index: Long, value: Short): Unit =
    at(index, 1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Short>.add(value: Short): Unit = append(1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Takes the short at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeShort")
@IgnorableReturnValue
public fun OffHeapQueue<Short>.remove(): Short = takeFirst(1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** The short at the head, or throws [EmptyCollectionException]. */
@JvmName("peekShort")
public fun OffHeapQueue<Short>.peek(): Short = first(1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** Removes the short at [index], counted from the head, and returns it. */
@JvmName("removeShortAt")
@IgnorableReturnValue
public fun OffHeapQueue<Short>.removeAt(index: Long): Short = get(index).also { removeElement(index) }

/** Removes the first short that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Short>.remove(value: Short): Boolean = removeFound(indexOf(value))

// ---- chars ----

/** The char at [index], counted from the head. */
@JvmName("getChar")
public operator fun OffHeapQueue<Char>.get(index: Long): Char =
    at(index, 1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** Sets the char at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Char>.set(index: Long, value: Char): Unit =
    at(index, 1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Char>.add(value: Char): Unit = append(1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Takes the char at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeChar")
@IgnorableReturnValue
public fun OffHeapQueue<Char>.remove(): Char = takeFirst(1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** The char at the head, or throws [EmptyCollectionException]. */
@JvmName("peekChar")
public fun OffHeapQueue<Char>.peek(): Char = first(1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** Removes the char at [index], counted from the head, and returns it. */
@JvmName("removeCharAt")
@IgnorableReturnValue
public fun OffHeapQueue<Char>.removeAt(index: Long): Char = get(index).also { removeElement(index) }

/** Removes the first char that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Char>.remove(value: Char): Boolean = removeFound(indexOf(value))

// ---- ints ----

/** The int at [index], counted from the head. */
@JvmName("getInt")
public operator fun OffHeapQueue<Int>.get(index: Long): Int = at(index, 2) { raw, at -> Values.INT.get(raw, at) as Int }

/** Sets the int at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Int>.set(index: Long, value: Int): Unit =
    at(index, 2) { raw, at -> Values.INT.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Int>.add(value: Int): Unit = append(2) { raw, at -> Values.INT.set(raw, at, value) }

/** Takes the int at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeInt")
@IgnorableReturnValue
public fun OffHeapQueue<Int>.remove(): Int = takeFirst(2) { raw, at -> Values.INT.get(raw, at) as Int }

/** The int at the head, or throws [EmptyCollectionException]. */
@JvmName("peekInt")
public fun OffHeapQueue<Int>.peek(): Int = first(2) { raw, at -> Values.INT.get(raw, at) as Int }

/** Removes the int at [index], counted from the head, and returns it. */
@JvmName("removeIntAt")
@IgnorableReturnValue
public fun OffHeapQueue<Int>.removeAt(index: Long): Int = get(index).also { removeElement(index) }

/** Removes the first int that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Int>.remove(value: Int): Boolean = removeFound(indexOf(value))

// ---- longs ----

/** The long at [index], counted from the head. */
@JvmName("getLong")
public operator fun OffHeapQueue<Long>.get(index: Long): Long =
    at(index, 3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** Sets the long at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Long>.set(index: Long, value: Long): Unit =
    at(index, 3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Long>.add(value: Long): Unit = append(3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Takes the long at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeLong")
@IgnorableReturnValue
public fun OffHeapQueue<Long>.remove(): Long = takeFirst(3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** The long at the head, or throws [EmptyCollectionException]. */
@JvmName("peekLong")
public fun OffHeapQueue<Long>.peek(): Long = first(3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** Removes the long at [index], counted from the head, and returns it. */
@JvmName("removeLongAt")
@IgnorableReturnValue
public fun OffHeapQueue<Long>.removeAt(index: Long): Long = get(index).also { removeElement(index) }

/** Removes the first long that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Long>.remove(value: Long): Boolean = removeFound(indexOf(value))

// ---- floats ----

/** The float at [index], counted from the head. */
@JvmName("getFloat")
public operator fun OffHeapQueue<Float>.get(index: Long): Float =
    at(index, 2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** Sets the float at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Float>.set(index: Long, value: Float): Unit =
    at(index, 2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Float>.add(value: Float): Unit = append(2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Takes the float at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeFloat")
@IgnorableReturnValue
public fun OffHeapQueue<Float>.remove(): Float = takeFirst(2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** The float at the head, or throws [EmptyCollectionException]. */
@JvmName("peekFloat")
public fun OffHeapQueue<Float>.peek(): Float = first(2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** Removes the float at [index], counted from the head, and returns it. */
@JvmName("removeFloatAt")
@IgnorableReturnValue
public fun OffHeapQueue<Float>.removeAt(index: Long): Float = get(index).also { removeElement(index) }

/** Removes the first float that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Float>.remove(value: Float): Boolean = removeFound(indexOf(value))

// ---- doubles ----

/** The double at [index], counted from the head. */
@JvmName("getDouble")
public operator fun OffHeapQueue<Double>.get(index: Long): Double =
    at(index, 3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** Sets the double at [index], counted from the head, to [value]. */
public operator fun OffHeapQueue<Double>.set(index: Long, value: Double): Unit =
    at(index, 3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Adds [value] at the tail. */
public fun OffHeapQueue<Double>.add(value: Double): Unit = append(3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Takes the double at the head away and returns it, or throws [EmptyCollectionException]. */
@JvmName("removeDouble")
@IgnorableReturnValue
public fun OffHeapQueue<Double>.remove(): Double = takeFirst(3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** The double at the head, or throws [EmptyCollectionException]. */
@JvmName("peekDouble")
public fun OffHeapQueue<Double>.peek(): Double = first(3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** Removes the double at [index], counted from the head, and returns it. */
@JvmName("removeDoubleAt")
@IgnorableReturnValue
public fun OffHeapQueue<Double>.removeAt(index: Long): Double = get(index).also { removeElement(index) }

/** Removes the first double that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapQueue<Double>.remove(value: Double): Boolean = removeFound(indexOf(value))
