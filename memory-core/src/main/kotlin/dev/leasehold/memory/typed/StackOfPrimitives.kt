@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** Pushes [value]. */
public fun OffHeapStack<Byte>.push(value: Byte): Unit = append(0) { raw, at -> Values.BYTE.set(raw, at, value) }

/** Takes the topmost byte away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popByte")
@IgnorableReturnValue
public fun OffHeapStack<Byte>.pop(): Byte = takeLast(0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

/** The topmost byte, or throws [EmptyCollectionException]. */
@JvmName("peekByte")
public fun OffHeapStack<Byte>.peek(): Byte = last(0) { raw, at -> Values.BYTE.get(raw, at) as Byte }

// ---- shorts ----

/** Pushes [value]. */
public fun OffHeapStack<Short>.push(value: Short): Unit = append(1) { raw, at -> Values.SHORT.set(raw, at, value) }

/** Takes the topmost short away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popShort")
@IgnorableReturnValue
public fun OffHeapStack<Short>.pop(): Short = takeLast(1) { raw, at -> Values.SHORT.get(raw, at) as Short }

/** The topmost short, or throws [EmptyCollectionException]. */
@JvmName("peekShort")
public fun OffHeapStack<Short>.peek(): Short = last(1) { raw, at -> Values.SHORT.get(raw, at) as Short }

// ---- chars ----

/** Pushes [value]. */
public fun OffHeapStack<Char>.push(value: Char): Unit = append(1) { raw, at -> Values.CHAR.set(raw, at, value) }

/** Takes the topmost char away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popChar")
@IgnorableReturnValue
public fun OffHeapStack<Char>.pop(): Char = takeLast(1) { raw, at -> Values.CHAR.get(raw, at) as Char }

/** The topmost char, or throws [EmptyCollectionException]. */
@JvmName("peekChar")
public fun OffHeapStack<Char>.peek(): Char = last(1) { raw, at -> Values.CHAR.get(raw, at) as Char }

// ---- ints ----

/** Pushes [value]. */
public fun OffHeapStack<Int>.push(value: Int): Unit = append(2) { raw, at -> Values.INT.set(raw, at, value) }

/** Takes the topmost int away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popInt")
@IgnorableReturnValue
public fun OffHeapStack<Int>.pop(): Int = takeLast(2) { raw, at -> Values.INT.get(raw, at) as Int }

/** The topmost int, or throws [EmptyCollectionException]. */
@JvmName("peekInt")
public fun OffHeapStack<Int>.peek(): Int = last(2) { raw, at -> Values.INT.get(raw, at) as Int }

// ---- longs ----

/** Pushes [value]. */
public fun OffHeapStack<Long>.push(value: Long): Unit = append(3) { raw, at -> Values.LONG.set(raw, at, value) }

/** Takes the topmost long away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popLong")
@IgnorableReturnValue
public fun OffHeapStack<Long>.pop(): Long = takeLast(3) { raw, at -> Values.LONG.get(raw, at) as Long }

/** The topmost long, or throws [EmptyCollectionException]. */
@JvmName("peekLong")
public fun OffHeapStack<Long>.peek(): Long = last(3) { raw, at -> Values.LONG.get(raw, at) as Long }

// ---- floats ----

/** Pushes [value]. */
public fun OffHeapStack<Float>.push(value: Float): Unit = append(2) { raw, at -> Values.FLOAT.set(raw, at, value) }

/** Takes the topmost float away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popFloat")
@IgnorableReturnValue
public fun OffHeapStack<Float>.pop(): Float = takeLast(2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

/** The topmost float, or throws [EmptyCollectionException]. */
@JvmName("peekFloat")
public fun OffHeapStack<Float>.peek(): Float = last(2) { raw, at -> Values.FLOAT.get(raw, at) as Float }

// ---- doubles ----

/** Pushes [value]. */
public fun OffHeapStack<Double>.push(value: Double): Unit = append(3) { raw, at -> Values.DOUBLE.set(raw, at, value) }

/** Takes the topmost double away and returns it, or throws [EmptyCollectionException]. */
@JvmName("popDouble")
@IgnorableReturnValue
public fun OffHeapStack<Double>.pop(): Double = takeLast(3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }

/** The topmost double, or throws [EmptyCollectionException]. */
@JvmName("peekDouble")
public fun OffHeapStack<Double>.peek(): Double = last(3) { raw, at -> Values.DOUBLE.get(raw, at) as Double }
