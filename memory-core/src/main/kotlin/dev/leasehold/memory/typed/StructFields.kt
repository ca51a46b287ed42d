package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.offsetIn
import dev.leasehold.memory.internal.typed.sizeIn
import dev.leasehold.memory.internal.typed.strideIn
import dev.leasehold.memory.internal.typed.structCountIn
import dev.leasehold.memory.internal.typed.structKey

/**
 * A field of one struct [T] in the struct [S]. From [Struct.struct].
 *
 * `p[field]` is a view of it, and `field / T.x` is the field of the outer struct that lies where `x` of it does: so
 * `p[Ship.position / Vec3.y] += 1f` costs what any other field does.
 */
@JvmInline
public value class StructField<S : Struct<S>, T : Struct<T>> internal constructor(internal val key: Long) {
    /** Where it begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many bytes it has. */
    public val byteSize: Long get() = sizeIn(key)

    /** The boolean [field] of it. */
    public operator fun div(field: BooleanField<T>): BooleanField<S> = BooleanField(offset + field.offset)

    /** The byte [field] of it. */
    public operator fun div(field: ByteField<T>): ByteField<S> = ByteField(offset + field.offset)

    /** The short [field] of it. */
    public operator fun div(field: ShortField<T>): ShortField<S> = ShortField(offset + field.offset)

    /** The char [field] of it. */
    public operator fun div(field: CharField<T>): CharField<S> = CharField(offset + field.offset)

    /** The int [field] of it. */
    public operator fun div(field: IntField<T>): IntField<S> = IntField(offset + field.offset)

    /** The long [field] of it. */
    public operator fun div(field: LongField<T>): LongField<S> = LongField(offset + field.offset)

    /** The float [field] of it. */
    public operator fun div(field: FloatField<T>): FloatField<S> = FloatField(offset + field.offset)

    /** The double [field] of it. */
    public operator fun div(field: DoubleField<T>): DoubleField<S> = DoubleField(offset + field.offset)

    /** The handle [field] of it. */
    public operator fun div(field: HandleField<T>): HandleField<S> = HandleField(offset + field.offset)

    /** The booleans [field] of it. */
    public operator fun div(field: BooleanArrayField<T>): BooleanArrayField<S> = BooleanArrayField(offset + field.key)

    /** The bytes [field] of it. */
    public operator fun div(field: ByteArrayField<T>): ByteArrayField<S> = ByteArrayField(offset + field.key)

    /** The shorts [field] of it. */
    public operator fun div(field: ShortArrayField<T>): ShortArrayField<S> = ShortArrayField(offset + field.key)

    /** The chars [field] of it. */
    public operator fun div(field: CharArrayField<T>): CharArrayField<S> = CharArrayField(offset + field.key)

    /** The ints [field] of it. */
    public operator fun div(field: IntArrayField<T>): IntArrayField<S> = IntArrayField(offset + field.key)

    /** The longs [field] of it. */
    public operator fun div(field: LongArrayField<T>): LongArrayField<S> = LongArrayField(offset + field.key)

    /** The floats [field] of it. */
    public operator fun div(field: FloatArrayField<T>): FloatArrayField<S> = FloatArrayField(offset + field.key)

    /** The doubles [field] of it. */
    public operator fun div(field: DoubleArrayField<T>): DoubleArrayField<S> = DoubleArrayField(offset + field.key)

    /** The text [field] of it. */
    public operator fun div(field: TextField<T>): TextField<S> = TextField(offset + field.key)

    /** The flag [field] of it. */
    public operator fun div(field: FlagField<T>): FlagField<S> = FlagField(offset + field.key)

    /** The bits [field] of it. */
    public operator fun div(field: BitsField<T>): BitsField<S> = BitsField(offset + field.key)

    /** The struct [field] in it. */
    public operator fun <U : Struct<U>> div(field: StructField<T, U>): StructField<S, U> =
        StructField(offset + field.key)

    /** The structs [field] in it. */
    public operator fun <U : Struct<U>> div(field: StructArrayField<T, U>): StructArrayField<S, U> =
        StructArrayField(offset + field.key)
}

/**
 * A field of a fixed number of structs [T] in the struct [S], one behind the other. From [Struct.structs].
 *
 * `p[field, index]` is a view of one, and `field[index] / T.x` is a field of one.
 */
@JvmInline
public value class StructArrayField<S : Struct<S>, T : Struct<T>> internal constructor(internal val key: Long) {
    /** Where the first begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** How many there are. */
    public val size: Int get() = structCountIn(key)

    /** How many bytes one has. */
    public val elementSize: Long get() = strideIn(key)

    /**
     * The field of the struct at [index].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(index: Int): StructField<S, T> {
        val count = size
        if (index < 0 || index >= count) throw noSuchFixedElement(offset, index, count)
        return StructField(structKey(offset + index * elementSize, elementSize))
    }
}
