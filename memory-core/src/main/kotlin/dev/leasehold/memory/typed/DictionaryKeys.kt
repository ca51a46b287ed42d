@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Byte, *>.find(key: Byte): OffHeapDictionary.Place = found(findByte(key))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Byte, *>.getOrPut(key: Byte): OffHeapDictionary.Place = claimed(claimByte(key))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Byte, *>.contains(key: Byte): Boolean = findByte(key) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Byte, *>.remove(key: Byte): Boolean = removeFound(findByte(key))

/** The key of the entry at the place [at]. */
@JvmName("byteKeyAt")
public fun OffHeapDictionary<Byte, *>.key(at: OffHeapDictionary.Place): Byte =
    key(at) { raw, offset -> Values.BYTE.get(raw, offset) as Byte }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("byteKeys")
public fun OffHeapDictionary<Byte, *>.keys(): ByteIterator = object : ByteIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextByte(): Byte = pass.next { raw, at -> Values.BYTE.get(raw, at) as Byte }
}

// ---- shorts ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Short, *>.find(key: Short): OffHeapDictionary.Place = found(findShort(key))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Short, *>.getOrPut(key: Short): OffHeapDictionary.Place = claimed(claimShort(key))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Short, *>.contains(key: Short): Boolean = findShort(key) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Short, *>.remove(key: Short): Boolean = removeFound(findShort(key))

/** The key of the entry at the place [at]. */
@JvmName("shortKeyAt")
public fun OffHeapDictionary<Short, *>.key(at: OffHeapDictionary.Place): Short =
    key(at) { raw, offset -> Values.SHORT.get(raw, offset) as Short }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("shortKeys")
public fun OffHeapDictionary<Short, *>.keys(): ShortIterator = object : ShortIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextShort(): Short = pass.next { raw, at -> Values.SHORT.get(raw, at) as Short }
}

// ---- chars ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Char, *>.find(key: Char): OffHeapDictionary.Place = found(findShort(key.code.toShort()))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Char, *>.getOrPut(key: Char): OffHeapDictionary.Place =
    claimed(claimShort(key.code.toShort()))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Char, *>.contains(key: Char): Boolean = findShort(key.code.toShort()) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Char, *>.remove(key: Char): Boolean = removeFound(findShort(key.code.toShort()))

/** The key of the entry at the place [at]. */
@JvmName("charKeyAt")
public fun OffHeapDictionary<Char, *>.key(at: OffHeapDictionary.Place): Char =
    key(at) { raw, offset -> Values.CHAR.get(raw, offset) as Char }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("charKeys")
public fun OffHeapDictionary<Char, *>.keys(): CharIterator = object : CharIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextChar(): Char = pass.next { raw, at -> Values.CHAR.get(raw, at) as Char }
}

// ---- ints ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Int, *>.find(key: Int): OffHeapDictionary.Place = found(findInt(key))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Int, *>.getOrPut(key: Int): OffHeapDictionary.Place = claimed(claimInt(key))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Int, *>.contains(key: Int): Boolean = findInt(key) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Int, *>.remove(key: Int): Boolean = removeFound(findInt(key))

/** The key of the entry at the place [at]. */
@JvmName("intKeyAt")
public fun OffHeapDictionary<Int, *>.key(at: OffHeapDictionary.Place): Int =
    key(at) { raw, offset -> Values.INT.get(raw, offset) as Int }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("intKeys")
public fun OffHeapDictionary<Int, *>.keys(): IntIterator = object : IntIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextInt(): Int = pass.next { raw, at -> Values.INT.get(raw, at) as Int }
}

// ---- longs ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Long, *>.find(key: Long): OffHeapDictionary.Place = found(findLong(key))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Long, *>.getOrPut(key: Long): OffHeapDictionary.Place = claimed(claimLong(key))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Long, *>.contains(key: Long): Boolean = findLong(key) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Long, *>.remove(key: Long): Boolean = removeFound(findLong(key))

/** The key of the entry at the place [at]. */
@JvmName("longKeyAt")
public fun OffHeapDictionary<Long, *>.key(at: OffHeapDictionary.Place): Long =
    key(at) { raw, offset -> Values.LONG.get(raw, offset) as Long }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("longKeys")
public fun OffHeapDictionary<Long, *>.keys(): LongIterator = object : LongIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextLong(): Long = pass.next { raw, at -> Values.LONG.get(raw, at) as Long }
}

// ---- floats ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Float, *>.find(key: Float): OffHeapDictionary.Place = found(findInt(key.toBits()))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Float, *>.getOrPut(key: Float): OffHeapDictionary.Place = claimed(claimInt(key.toBits()))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Float, *>.contains(key: Float): Boolean = findInt(key.toBits()) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Float, *>.remove(key: Float): Boolean = removeFound(findInt(key.toBits()))

/** The key of the entry at the place [at]. */
@JvmName("floatKeyAt")
public fun OffHeapDictionary<Float, *>.key(at: OffHeapDictionary.Place): Float =
    key(at) { raw, offset -> Values.FLOAT.get(raw, offset) as Float }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("floatKeys")
public fun OffHeapDictionary<Float, *>.keys(): FloatIterator = object : FloatIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextFloat(): Float = pass.next { raw, at -> Values.FLOAT.get(raw, at) as Float }
}

// ---- doubles ----

/** The place of the entry of [key], or none. */
@JvmName("find")
public fun OffHeapDictionary<Double, *>.find(key: Double): OffHeapDictionary.Place = found(findLong(key.toBits()))

/** The place of the entry of [key], which is made, with zeros as its value, if there is none. */
@JvmName("getOrPut")
public fun OffHeapDictionary<Double, *>.getOrPut(key: Double): OffHeapDictionary.Place =
    claimed(claimLong(key.toBits()))

/** Whether there is an entry of [key]. */
public operator fun OffHeapDictionary<Double, *>.contains(key: Double): Boolean = findLong(key.toBits()) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@IgnorableReturnValue
public fun OffHeapDictionary<Double, *>.remove(key: Double): Boolean = removeFound(findLong(key.toBits()))

/** The key of the entry at the place [at]. */
@JvmName("doubleKeyAt")
public fun OffHeapDictionary<Double, *>.key(at: OffHeapDictionary.Place): Double =
    key(at) { raw, offset -> Values.DOUBLE.get(raw, offset) as Double }

/** All keys, read one by one. */
@JvmSynthetic
@JvmName("doubleKeys")
public fun OffHeapDictionary<Double, *>.keys(): DoubleIterator = object : DoubleIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextDouble(): Double = pass.next { raw, at -> Values.DOUBLE.get(raw, at) as Double }
}
