@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values

// ---- bytes ----

/** The value of the entry at the place [at]. */
@JvmName("byteAt")
public operator fun OffHeapDictionary<*, Byte>.get(at: OffHeapDictionary.Place): Byte =
    value(at) { raw, offset -> Values.BYTE.get(raw, offset) as Byte }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Byte>.set(at: OffHeapDictionary.Place, value: Byte): Unit =
    value(at) { raw, offset -> Values.BYTE.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("byteValues")
public fun OffHeapDictionary<*, Byte>.values(): ByteIterator = object : ByteIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextByte(): Byte = pass.next { raw, at -> Values.BYTE.get(raw, at + valueAt) as Byte }
}

// ---- shorts ----

/** The value of the entry at the place [at]. */
@JvmName("shortAt")
public operator fun OffHeapDictionary<*, Short>.get(at: OffHeapDictionary.Place): Short =
    value(at) { raw, offset -> Values.SHORT.get(raw, offset) as Short }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Short>.set(at: OffHeapDictionary.Place, value: Short): Unit =
    value(at) { raw, offset -> Values.SHORT.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("shortValues")
public fun OffHeapDictionary<*, Short>.values(): ShortIterator = object : ShortIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextShort(): Short = pass.next { raw, at -> Values.SHORT.get(raw, at + valueAt) as Short }
}

// ---- chars ----

/** The value of the entry at the place [at]. */
@JvmName("charAt")
public operator fun OffHeapDictionary<*, Char>.get(at: OffHeapDictionary.Place): Char =
    value(at) { raw, offset -> Values.CHAR.get(raw, offset) as Char }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Char>.set(at: OffHeapDictionary.Place, value: Char): Unit =
    value(at) { raw, offset -> Values.CHAR.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("charValues")
public fun OffHeapDictionary<*, Char>.values(): CharIterator = object : CharIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextChar(): Char = pass.next { raw, at -> Values.CHAR.get(raw, at + valueAt) as Char }
}

// ---- ints ----

/** The value of the entry at the place [at]. */
@JvmName("intAt")
public operator fun OffHeapDictionary<*, Int>.get(at: OffHeapDictionary.Place): Int =
    value(at) { raw, offset -> Values.INT.get(raw, offset) as Int }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Int>.set(at: OffHeapDictionary.Place, value: Int): Unit =
    value(at) { raw, offset -> Values.INT.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("intValues")
public fun OffHeapDictionary<*, Int>.values(): IntIterator = object : IntIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextInt(): Int = pass.next { raw, at -> Values.INT.get(raw, at + valueAt) as Int }
}

// ---- longs ----

/** The value of the entry at the place [at]. */
@JvmName("longAt")
public operator fun OffHeapDictionary<*, Long>.get(at: OffHeapDictionary.Place): Long =
    value(at) { raw, offset -> Values.LONG.get(raw, offset) as Long }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Long>.set(at: OffHeapDictionary.Place, value: Long): Unit =
    value(at) { raw, offset -> Values.LONG.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("longValues")
public fun OffHeapDictionary<*, Long>.values(): LongIterator = object : LongIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextLong(): Long = pass.next { raw, at -> Values.LONG.get(raw, at + valueAt) as Long }
}

// ---- floats ----

/** The value of the entry at the place [at]. */
@JvmName("floatAt")
public operator fun OffHeapDictionary<*, Float>.get(at: OffHeapDictionary.Place): Float =
    value(at) { raw, offset -> Values.FLOAT.get(raw, offset) as Float }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Float>.set(at: OffHeapDictionary.Place, value: Float): Unit =
    value(at) { raw, offset -> Values.FLOAT.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("floatValues")
public fun OffHeapDictionary<*, Float>.values(): FloatIterator = object : FloatIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextFloat(): Float = pass.next { raw, at -> Values.FLOAT.get(raw, at + valueAt) as Float }
}

// ---- doubles ----

/** The value of the entry at the place [at]. */
@JvmName("doubleAt")
public operator fun OffHeapDictionary<*, Double>.get(at: OffHeapDictionary.Place): Double =
    value(at) { raw, offset -> Values.DOUBLE.get(raw, offset) as Double }

/** Sets the value of the entry at the place [at]. */
@JvmName("setAt")
public operator fun OffHeapDictionary<*, Double>.set(at: OffHeapDictionary.Place, value: Double): Unit =
    value(at) { raw, offset -> Values.DOUBLE.set(raw, offset, value) }

/** All values, in the order of the keys, read one by one. */
@JvmSynthetic
@JvmName("doubleValues")
public fun OffHeapDictionary<*, Double>.values(): DoubleIterator = object : DoubleIterator() {
    private val pass = pass()

    override fun hasNext(): Boolean = pass.hasNext()

    override fun nextDouble(): Double = pass.next { raw, at -> Values.DOUBLE.get(raw, at + valueAt) as Double }
}
