@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.countIn
import dev.leasehold.memory.internal.typed.offsetIn

// The offset and the length in one Long: a static final where the struct is an object, and so a constant.

/**
 * A field of a fixed number of booleans in the struct [S], one behind the other. From [Struct.booleans].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class BooleanArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the boolean at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): BooleanField<S> = BooleanField(fixedElement(key, index, 0))
}

/**
 * A field of a fixed number of bytes in the struct [S], one behind the other. From [Struct.bytes].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class ByteArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the byte at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): ByteField<S> = ByteField(fixedElement(key, index, 0))
}

/**
 * A field of a fixed number of shorts in the struct [S], one behind the other. From [Struct.shorts].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class ShortArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the short at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): ShortField<S> = ShortField(fixedElement(key, index, 1))
}

/**
 * A field of a fixed number of chars in the struct [S], one behind the other. From [Struct.chars].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class CharArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the char at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): CharField<S> = CharField(fixedElement(key, index, 1))
}

/**
 * A field of a fixed number of ints in the struct [S], one behind the other. From [Struct.ints].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class IntArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the int at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): IntField<S> = IntField(fixedElement(key, index, 2))
}

/**
 * A field of a fixed number of longs in the struct [S], one behind the other. From [Struct.longs].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class LongArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the long at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): LongField<S> = LongField(fixedElement(key, index, 3))
}

/**
 * A field of a fixed number of floats in the struct [S], one behind the other. From [Struct.floats].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class FloatArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the float at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): FloatField<S> = FloatField(fixedElement(key, index, 2))
}

/**
 * A field of a fixed number of doubles in the struct [S], one behind the other. From [Struct.doubles].
 *
 * `p[field, index]` is one of them, `p[field]` a view of all, and `field[index]` is the field of one.
 */
@JvmInline
public value class DoubleArrayField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = countIn(key)

    /**
     * The field of the double at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): DoubleField<S> = DoubleField(fixedElement(key, index, 3))
}

// The offset of the element at [index], of `1 shl shift` bytes, of the array with the key [key].
private fun fixedElement(key: Long, index: Int, shift: Int): Long {
    val count = countIn(key)
    if (index < 0 || index >= count) throw noSuchFixedElement(offsetIn(key), index, count)
    return offsetIn(key) + (index.toLong() shl shift)
}
