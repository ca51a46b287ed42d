package dev.leasehold.memory.typed

/**
 * What the elements of a buffer, a pool or a collection are: how many bytes one has, and where it may lie.
 *
 * The primitives are here; a [Struct] is one, and so is the layout of a Java record ([Struct.of]). [E] is a mark for
 * the compiler: no element is ever boxed into it.
 *
 * Not to be implemented elsewhere: the library may add to it.
 */
public interface ElementType<E> {
    /** How many bytes one element has, the padding behind it included: the distance between two in an array. */
    public val byteSize: Long

    /** What its address must be a multiple of, in bytes: a power of two. */
    public val alignment: Long

    /**
     * The name, and of a struct all fields with types, offsets and sizes. Two types with the same text lie in memory in
     * the same way: what is stored under one can be read under the other.
     */
    public val layout: String

    /** The primitive types, in native byte order. */
    public companion object {
        /** One byte. */
        @JvmField public val BYTE: ElementType<Byte> = PrimitiveType("byte", 1)

        /** Two bytes, a whole number. */
        @JvmField public val SHORT: ElementType<Short> = PrimitiveType("short", 2)

        /** Two bytes, a UTF-16 code unit. */
        @JvmField public val CHAR: ElementType<Char> = PrimitiveType("char", 2)

        /** Four bytes, a whole number. */
        @JvmField public val INT: ElementType<Int> = PrimitiveType("int", 4)

        /** Eight bytes, a whole number. */
        @JvmField public val LONG: ElementType<Long> = PrimitiveType("long", 8)

        /** Four bytes, a floating-point number. */
        @JvmField public val FLOAT: ElementType<Float> = PrimitiveType("float", 4)

        /** Eight bytes, a floating-point number. */
        @JvmField public val DOUBLE: ElementType<Double> = PrimitiveType("double", 8)
    }
}

private class PrimitiveType<E>(override val layout: String, override val byteSize: Long) : ElementType<E> {
    override val alignment: Long get() = byteSize

    override fun toString(): String = layout
}
