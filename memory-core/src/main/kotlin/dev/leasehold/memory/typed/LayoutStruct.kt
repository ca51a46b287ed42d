package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.FieldKind
import dev.leasehold.memory.internal.typed.StructForm

/**
 * A struct whose fields are those of a layout of the platform, from [Struct.of], for layouts that are known only at run
 * time or come from a native header. Its fields are found by path, as in [offset]; each keeps its type, and is a
 * constant only in a top-level property or an object:
 *
 * ```
 * private val POINT = Struct.of(structLayout)
 * private val X = POINT.intField("x")
 *
 * points.forEach { p -> p[X] += 1 }
 * ```
 *
 * **Ownership.** It describes memory and has none. **Threads.** Any. **Cost.** A search for each path.
 *
 * Every function throws [StructLayoutException] when the path leads nowhere or to a field of another type.
 */
public class LayoutStruct internal constructor(form: StructForm) : Struct<LayoutStruct>(form) {
    /** The field of one boolean at [path]. */
    @JvmSynthetic
    public fun booleanField(path: String): BooleanField<LayoutStruct> =
        BooleanField(form.valueAt(path, FieldKind.BOOLEAN))

    /** The field of one byte at [path]. */
    @JvmSynthetic
    public fun byteField(path: String): ByteField<LayoutStruct> = ByteField(form.valueAt(path, FieldKind.BYTE))

    /** The field of one short at [path]. */
    @JvmSynthetic
    public fun shortField(path: String): ShortField<LayoutStruct> = ShortField(form.valueAt(path, FieldKind.SHORT))

    /** The field of one char at [path]. */
    @JvmSynthetic
    public fun charField(path: String): CharField<LayoutStruct> = CharField(form.valueAt(path, FieldKind.CHAR))

    /** The field of one int at [path]. */
    @JvmSynthetic
    public fun intField(path: String): IntField<LayoutStruct> = IntField(form.valueAt(path, FieldKind.INT))

    /** The field of one long at [path]. */
    @JvmSynthetic
    public fun longField(path: String): LongField<LayoutStruct> = LongField(form.valueAt(path, FieldKind.LONG))

    /** The field of one float at [path]. */
    @JvmSynthetic
    public fun floatField(path: String): FloatField<LayoutStruct> = FloatField(form.valueAt(path, FieldKind.FLOAT))

    /** The field of one double at [path]. */
    @JvmSynthetic
    public fun doubleField(path: String): DoubleField<LayoutStruct> = DoubleField(form.valueAt(path, FieldKind.DOUBLE))

    /** The field of several booleans at [path]. */
    @JvmSynthetic
    public fun booleanArrayField(path: String): BooleanArrayField<LayoutStruct> =
        BooleanArrayField(form.arrayAt(path, FieldKind.BOOLEAN))

    /** The field of several bytes at [path]. */
    @JvmSynthetic
    public fun byteArrayField(path: String): ByteArrayField<LayoutStruct> =
        ByteArrayField(form.arrayAt(path, FieldKind.BYTE))

    /** The field of several shorts at [path]. */
    @JvmSynthetic
    public fun shortArrayField(path: String): ShortArrayField<LayoutStruct> =
        ShortArrayField(form.arrayAt(path, FieldKind.SHORT))

    /** The field of several chars at [path]. */
    @JvmSynthetic
    public fun charArrayField(path: String): CharArrayField<LayoutStruct> =
        CharArrayField(form.arrayAt(path, FieldKind.CHAR))

    /** The field of several ints at [path]. */
    @JvmSynthetic
    public fun intArrayField(path: String): IntArrayField<LayoutStruct> =
        IntArrayField(form.arrayAt(path, FieldKind.INT))

    /** The field of several longs at [path]. */
    @JvmSynthetic
    public fun longArrayField(path: String): LongArrayField<LayoutStruct> =
        LongArrayField(form.arrayAt(path, FieldKind.LONG))

    /** The field of several floats at [path]. */
    @JvmSynthetic
    public fun floatArrayField(path: String): FloatArrayField<LayoutStruct> =
        FloatArrayField(form.arrayAt(path, FieldKind.FLOAT))

    /** The field of several doubles at [path]. */
    @JvmSynthetic
    public fun doubleArrayField(path: String): DoubleArrayField<LayoutStruct> =
        DoubleArrayField(form.arrayAt(path, FieldKind.DOUBLE))

    /** The bytes at [path] as text. */
    @JvmSynthetic
    public fun textField(path: String): TextField<LayoutStruct> = TextField(form.arrayAt(path, FieldKind.BYTE))
}
