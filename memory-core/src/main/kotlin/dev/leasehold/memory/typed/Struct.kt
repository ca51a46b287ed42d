package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.FieldKind
import dev.leasehold.memory.internal.typed.FieldNames
import dev.leasehold.memory.internal.typed.FormMessages
import dev.leasehold.memory.internal.typed.RecordLookup
import dev.leasehold.memory.internal.typed.StructForm
import dev.leasehold.memory.internal.typed.differenceTo
import dev.leasehold.memory.internal.typed.formOf
import java.lang.foreign.StructLayout
import java.lang.invoke.MethodHandles

/**
 * A layout with named fields, declared as an object:
 *
 * ```
 * object Particle : Struct<Particle>() {
 *     val x = float()
 *     val y = float()
 *     val state = int()
 *     val alive = state.flag()
 *     val id = long()
 * }
 *
 * particles.forEach { p -> p[Particle.x] += 1f }      // StructArray
 * particles[3, Particle.alive] = true
 * ```
 *
 * Fields lie in the order of their declaration, each at a multiple of its size and the whole padded to a multiple of
 * the widest, as a C compiler on a 64-bit machine has them; or one directly behind the other when the struct is
 * *packed*. [padding] and [align] make gaps. Values are in native byte order. A struct has at most 16 MiB - 1.
 *
 * **Access.** A field is its offset and nothing else, a constant of the object: `p[Particle.x]` is compiled to a plain
 * access at a fixed distance. The compiler of Kotlin refuses the field of another struct. Addresses need no alignment.
 * **Declare an object**, not an instance: in one that is created at run time everything works, but the fields are no
 * constants.
 *
 * **Names** are those of the properties, found by reflection when one is first asked for, or those that the declaration
 * gives: `float("x")`. Give them where a program is obfuscated, or where the package of the struct is not open to this
 * module, and the [layout] is to be the same in all programs; a name that is not found is shown as a place, `#2`.
 *
 * **Ownership.** It describes memory and has none. **Threads.** Any.
 *
 * The layout is settled by its first use, which is any but the declaration of a field. Every function that declares
 * something throws [StructLayoutException] when the layout is settled, when the struct would have more bytes than it
 * can, when a count is not positive, an alignment no power of two up to 65,536, or a bit outside of its word or taken,
 * and when a given name is taken or has a dot or a bracket in it. For Java a record describes a layout: see [of].
 */
public abstract class Struct<S : Struct<S>> internal constructor(private val declared: StructForm) : ElementType<S> {
    /**
     * Begins a declaration.
     *
     * @param packed whether the fields lie one directly behind the other, whatever their sizes
     * @param alignment what the address of the struct must be a multiple of at least, and its size with it: a power of
     *   two, for instance 64 where each struct is to have cache lines of its own
     * @param name what texts and messages call it; without one, it is the class's name
     * @throws StructLayoutException when [alignment] is no power of two from 1 to 65,536
     */
    protected constructor(packed: Boolean = false, alignment: Long = 1, name: String? = null) :
        this(StructForm(packed, ::StructLayoutException)) {
        declared.begin(name ?: nameOf(javaClass), alignment)
    }

    /**
     * How many bytes one has, the padding behind its last field included: the distance between two in an array.
     *
     * @throws StructLayoutException when it has no fields
     */
    override val byteSize: Long get() = form.byteSize

    /**
     * What its address must be a multiple of, in bytes: a power of two. 1 when it is packed.
     *
     * @throws StructLayoutException when it has no fields
     */
    override val alignment: Long get() = form.alignment

    /**
     * All fields in one line: `Particle{x: float @0 +4, y: float @4 +4, state: int @8 +4, id: long @16 +8, alive: bit 0
     * of state} 24 bytes, alignment 8`, where `@` is the offset and `+` the size, in bytes.
     *
     * **Cost.** Reflection at the first call, then a new text each time.
     *
     * @throws StructLayoutException when it has no fields
     */
    override val layout: String get() = form.text

    /**
     * Where the field that [path] leads to begins, in bytes from the struct's start: a name, or several with dots
     * between them where structs are nested, each with an index in brackets where it is an array: `wheels[2].pressure`.
     *
     * @throws StructLayoutException when it leads nowhere
     */
    public fun offset(path: String): Long = form.find(path).offset

    /**
     * The same layout in the platform's form: fields and structs with their names, gaps as padding, text as bytes; of
     * words that are cut into bits it has the words. Members of a packed struct are aligned as they lie.
     *
     * @throws StructLayoutException when it has no fields
     */
    public fun toStructLayout(): StructLayout = form.toStructLayout()

    /**
     * Makes sure that [layout] describes the same bytes: the same fields in the same order, with equal names, types,
     * offsets and sizes, and an equal size of the whole with the padding of an array. Members without a name match any.
     *
     * @throws StructLayoutException with the first difference, or when [layout] has a member that no struct can have
     */
    public fun requireSame(layout: StructLayout) {
        val given = formOf(layout, ::StructLayoutException)
        given.freeze(::emptyMap)
        val difference = form.differenceTo(given) ?: return
        throw StructLayoutException(FormMessages.different(form, difference))
    }

    /** The [layout], as far as it is declared: this does not settle it, and never throws. */
    override fun toString(): String = declared.textSoFar(::names)

    /** The layout, which this settles. */
    internal val form: StructForm
        get() {
            if (!declared.isFrozen) declared.freeze(::names)
            return declared
        }

    private fun names() = FieldNames.of(this, Struct::class.java)

    // ---- the declaration ----

    /** Declares a field of one boolean, which takes a byte. */
    @JvmSynthetic
    protected fun boolean(name: String? = null): BooleanField<S> = BooleanField(declared.value(FieldKind.BOOLEAN, name))

    /** Declares a field of one byte. */
    @JvmSynthetic
    protected fun byte(name: String? = null): ByteField<S> = ByteField(declared.value(FieldKind.BYTE, name))

    /** Declares a field of one short. */
    @JvmSynthetic
    protected fun short(name: String? = null): ShortField<S> = ShortField(declared.value(FieldKind.SHORT, name))

    /** Declares a field of one char. */
    @JvmSynthetic
    protected fun char(name: String? = null): CharField<S> = CharField(declared.value(FieldKind.CHAR, name))

    /** Declares a field of one int. */
    @JvmSynthetic
    protected fun int(name: String? = null): IntField<S> = IntField(declared.value(FieldKind.INT, name))

    /** Declares a field of one long. */
    @JvmSynthetic
    protected fun long(name: String? = null): LongField<S> = LongField(declared.value(FieldKind.LONG, name))

    /** Declares a field of one float. */
    @JvmSynthetic
    protected fun float(name: String? = null): FloatField<S> = FloatField(declared.value(FieldKind.FLOAT, name))

    /** Declares a field of one double. */
    @JvmSynthetic
    protected fun double(name: String? = null): DoubleField<S> = DoubleField(declared.value(FieldKind.DOUBLE, name))

    /** Declares a field of one [Handle], which takes a long; what is zero is [Handle.NONE]. */
    @JvmSynthetic
    protected fun handle(name: String? = null): HandleField<S> = HandleField(declared.value(FieldKind.LONG, name))

    /** Declares a field of [count] booleans, at least one. */
    @JvmSynthetic
    protected fun booleans(count: Int, name: String? = null): BooleanArrayField<S> =
        BooleanArrayField(declared.array(FieldKind.BOOLEAN, name, count))

    /** Declares a field of [count] bytes, at least one. */
    @JvmSynthetic
    protected fun bytes(count: Int, name: String? = null): ByteArrayField<S> =
        ByteArrayField(declared.array(FieldKind.BYTE, name, count))

    /** Declares a field of [count] shorts, at least one. */
    @JvmSynthetic
    protected fun shorts(count: Int, name: String? = null): ShortArrayField<S> =
        ShortArrayField(declared.array(FieldKind.SHORT, name, count))

    /** Declares a field of [count] chars, at least one. */
    @JvmSynthetic
    protected fun chars(count: Int, name: String? = null): CharArrayField<S> =
        CharArrayField(declared.array(FieldKind.CHAR, name, count))

    /** Declares a field of [count] ints, at least one. */
    @JvmSynthetic
    protected fun ints(count: Int, name: String? = null): IntArrayField<S> =
        IntArrayField(declared.array(FieldKind.INT, name, count))

    /** Declares a field of [count] longs, at least one. */
    @JvmSynthetic
    protected fun longs(count: Int, name: String? = null): LongArrayField<S> =
        LongArrayField(declared.array(FieldKind.LONG, name, count))

    /** Declares a field of [count] floats, at least one. */
    @JvmSynthetic
    protected fun floats(count: Int, name: String? = null): FloatArrayField<S> =
        FloatArrayField(declared.array(FieldKind.FLOAT, name, count))

    /** Declares a field of [count] doubles, at least one. */
    @JvmSynthetic
    protected fun doubles(count: Int, name: String? = null): DoubleArrayField<S> =
        DoubleArrayField(declared.array(FieldKind.DOUBLE, name, count))

    /** Declares a field of text that has up to [capacity] bytes in UTF-8. */
    @JvmSynthetic
    protected fun text(capacity: Int, name: String? = null): TextField<S> =
        TextField(declared.array(FieldKind.TEXT, name, capacity))

    /** Declares a field of one struct of [type], another than this, which settles its layout. */
    @JvmSynthetic
    protected fun <T : Struct<T>> struct(type: T, name: String? = null): StructField<S, T> =
        StructField(declared.struct(nested(type), name))

    /** Declares a field of [count] structs of [type]: at most 1,048,575 of at most as many bytes each. */
    @JvmSynthetic
    protected fun <T : Struct<T>> structs(type: T, count: Int, name: String? = null): StructArrayField<S, T> =
        StructArrayField(declared.structs(nested(type), name, count))

    /** Declares one bit of this field as a flag: the next that is free above all that have been named, or [bit]. */
    @JvmSynthetic
    protected fun ByteField<S>.flag(bit: Int? = null, name: String? = null): FlagField<S> = flagAt(offset, bit, name)

    /** Declares one bit of this field as a flag: the next that is free above all that have been named, or [bit]. */
    @JvmSynthetic
    protected fun ShortField<S>.flag(bit: Int? = null, name: String? = null): FlagField<S> = flagAt(offset, bit, name)

    /** Declares one bit of this field as a flag: the next that is free above all that have been named, or [bit]. */
    @JvmSynthetic
    protected fun IntField<S>.flag(bit: Int? = null, name: String? = null): FlagField<S> = flagAt(offset, bit, name)

    /** Declares one bit of this field as a flag: the next that is free above all that have been named, or [bit]. */
    @JvmSynthetic
    protected fun LongField<S>.flag(bit: Int? = null, name: String? = null): FlagField<S> = flagAt(offset, bit, name)

    /** Declares [width] bits of this field, at most 31, as a number, from the next free bit on or from [firstBit]. */
    @JvmSynthetic
    protected fun ByteField<S>.bits(width: Int, firstBit: Int? = null, name: String? = null): BitsField<S> =
        bitsAt(offset, width, firstBit, name)

    /** Declares [width] bits of this field, at most 31, as a number, from the next free bit on or from [firstBit]. */
    @JvmSynthetic
    protected fun ShortField<S>.bits(width: Int, firstBit: Int? = null, name: String? = null): BitsField<S> =
        bitsAt(offset, width, firstBit, name)

    /** Declares [width] bits of this field, at most 31, as a number, from the next free bit on or from [firstBit]. */
    @JvmSynthetic
    protected fun IntField<S>.bits(width: Int, firstBit: Int? = null, name: String? = null): BitsField<S> =
        bitsAt(offset, width, firstBit, name)

    /** Declares [width] bits of this field, at most 31, as a number, from the next free bit on or from [firstBit]. */
    @JvmSynthetic
    protected fun LongField<S>.bits(width: Int, firstBit: Int? = null, name: String? = null): BitsField<S> =
        bitsAt(offset, width, firstBit, name)

    /** Leaves [bytes] bytes free. */
    @JvmSynthetic
    protected fun padding(bytes: Long): Unit = declared.pad(bytes)

    /** Lets the next field begin at a multiple of [alignment], a power of two, and each struct with it. */
    @JvmSynthetic
    protected fun align(alignment: Long): Unit = declared.align(alignment)

    private fun flagAt(offset: Long, bit: Int?, name: String?): FlagField<S> =
        FlagField(declared.bits(offset, name, 1, bit))

    private fun bitsAt(offset: Long, width: Int, firstBit: Int?, name: String?): BitsField<S> =
        BitsField(declared.bits(offset, name, width, firstBit))

    // Of this struct itself not the settled form, but the one that is refused.
    private fun nested(type: Struct<*>): StructForm = if (type === this) declared else type.form

    /** Makes layouts of what is no object of Kotlin. */
    public companion object {
        /**
         * The layout that the record [type] describes, a public one: see [StructOf].
         *
         * **Cost.** Reflection; keep the result in a `static final` field.
         *
         * @throws StructLayoutException when a component is of a type that no struct can have, or the record is not
         *   accessible
         */
        @JvmStatic
        public fun <R : Record> of(type: Class<R>): StructOf<R> = of(MethodHandles.publicLookup(), type)

        /** [of] for a record that [lookup] can access though it is not public: pass `MethodHandles.lookup()`. */
        @JvmStatic
        public fun <R : Record> of(lookup: MethodHandles.Lookup, type: Class<R>): StructOf<R> =
            RecordStruct.of(RecordLookup(lookup), type)

        /**
         * The struct that [layout], one of the platform, describes: see [LayoutStruct].
         *
         * @throws StructLayoutException when it has a member that no struct can have: a union, an address, a value in
         *   the other byte order
         */
        @JvmStatic
        public fun of(layout: StructLayout): LayoutStruct = LayoutStruct(formOf(layout, ::StructLayoutException))

        private fun nameOf(type: Class<*>): String = type.simpleName.ifEmpty { type.name.substringAfterLast('.') }
    }
}
