@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment

// ---- bytes ----

/** Adds [value] at the end. */
public fun OffHeapList<Byte>.add(value: Byte): Unit = append(0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Inserts [value] before the byte at [index], or at the end where that is the size. */
public fun OffHeapList<Byte>.insert(index: Long, value: Byte): Unit =
    insert(index, 0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Removes the byte at [index] and returns it. */
@JvmName("removeByteAt")
@IgnorableReturnValue
public fun OffHeapList<Byte>.removeAt(index: Long): Byte = get(index).also { removeElement(index) }

/** Removes the first byte that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Byte>.remove(value: Byte): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Byte>.addAll(values: ByteArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- shorts ----

/** Adds [value] at the end. */
public fun OffHeapList<Short>.add(value: Short): Unit = append(1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Inserts [value] before the short at [index], or at the end where that is the size. */
public fun OffHeapList<Short>.insert(index: Long, value: Short): Unit =
    insert(index, 1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Removes the short at [index] and returns it. */
@JvmName("removeShortAt")
@IgnorableReturnValue
public fun OffHeapList<Short>.removeAt(index: Long): Short = get(index).also { removeElement(index) }

/** Removes the first short that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Short>.remove(value: Short): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Short>.addAll(values: ShortArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- chars ----

/** Adds [value] at the end. */
public fun OffHeapList<Char>.add(value: Char): Unit = append(1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Inserts [value] before the char at [index], or at the end where that is the size. */
public fun OffHeapList<Char>.insert(index: Long, value: Char): Unit =
    insert(index, 1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Removes the char at [index] and returns it. */
@JvmName("removeCharAt")
@IgnorableReturnValue
public fun OffHeapList<Char>.removeAt(index: Long): Char = get(index).also { removeElement(index) }

/** Removes the first char that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Char>.remove(value: Char): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Char>.addAll(values: CharArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- ints ----

/** Adds [value] at the end. */
public fun OffHeapList<Int>.add(value: Int): Unit = append(2) { raw, at -> Values.INT.set(raw, at, value) }

/** Inserts [value] before the int at [index], or at the end where that is the size. */
public fun OffHeapList<Int>.insert(index: Long, value: Int): Unit =
    insert(index, 2) { raw, at -> Values.INT.set(raw, at, value) }

/** Removes the int at [index] and returns it. */
@JvmName("removeIntAt")
@IgnorableReturnValue
public fun OffHeapList<Int>.removeAt(index: Long): Int = get(index).also { removeElement(index) }

/** Removes the first int that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Int>.remove(value: Int): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Int>.addAll(values: IntArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- longs ----

/** Adds [value] at the end. */
public fun OffHeapList<Long>.add(value: Long): Unit = append(3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Inserts [value] before the long at [index], or at the end where that is the size. */
public fun OffHeapList<Long>.insert(index: Long, value: Long): Unit =
    insert(index, 3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Removes the long at [index] and returns it. */
@JvmName("removeLongAt")
@IgnorableReturnValue
public fun OffHeapList<Long>.removeAt(index: Long): Long = get(index).also { removeElement(index) }

/** Removes the first long that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Long>.remove(value: Long): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Long>.addAll(values: LongArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- floats ----

/** Adds [value] at the end. */
public fun OffHeapList<Float>.add(value: Float): Unit = append(2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Inserts [value] before the float at [index], or at the end where that is the size. */
public fun OffHeapList<Float>.insert(index: Long, value: Float): Unit =
    insert(index, 2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Removes the float at [index] and returns it. */
@JvmName("removeFloatAt")
@IgnorableReturnValue
public fun OffHeapList<Float>.removeAt(index: Long): Float = get(index).also { removeElement(index) }

/** Removes the first float that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Float>.remove(value: Float): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Float>.addAll(values: FloatArray): Unit = addBytes(MemorySegment.ofArray(values))

// ---- doubles ----

/** Adds [value] at the end. */
public fun OffHeapList<Double>.add(value: Double): Unit = append(3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Inserts [value] before the double at [index], or at the end where that is the size. */
public fun OffHeapList<Double>.insert(index: Long, value: Double): Unit =
    insert(index, 3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Removes the double at [index] and returns it. */
@JvmName("removeDoubleAt")
@IgnorableReturnValue
public fun OffHeapList<Double>.removeAt(index: Long): Double = get(index).also { removeElement(index) }

/** Removes the first double that equals [value], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapList<Double>.remove(value: Double): Boolean = removeFound(indexOf(value))

/** Adds all of [values] at the end. */
public fun OffHeapList<Double>.addAll(values: DoubleArray): Unit = addBytes(MemorySegment.ofArray(values))
