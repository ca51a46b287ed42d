package dev.leasehold.memory.typed

// Each is the offset and nothing else: an object's property of such a type is a static final long, which the compiler
// that runs the program puts into the access as a constant.

/**
 * A field of one boolean in the struct [S], a byte: 0 is false, all else true. From [Struct.boolean].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class BooleanField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one byte in the struct [S]. From [Struct.byte].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class ByteField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one short in the struct [S]. From [Struct.short].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class ShortField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one char, a UTF-16 code unit, in the struct [S]. From [Struct.char].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class CharField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one int in the struct [S]. From [Struct.int].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class IntField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one long in the struct [S]. From [Struct.long].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class LongField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one float in the struct [S]. From [Struct.float].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class FloatField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one double in the struct [S]. From [Struct.double].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class DoubleField<S : Struct<S>> internal constructor(public val offset: Long)

/**
 * A field of one [Handle] in the struct [S], in the form of a long. From [Struct.handle].
 *
 * @property offset where it begins, in bytes from the struct's start
 */
@JvmInline
public value class HandleField<S : Struct<S>> internal constructor(public val offset: Long)
