package dev.leasehold.memory.internal.typed

import java.lang.foreign.ValueLayout
import java.lang.foreign.ValueLayout.JAVA_BOOLEAN
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR
import java.lang.foreign.ValueLayout.JAVA_DOUBLE
import java.lang.foreign.ValueLayout.JAVA_FLOAT
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.foreign.ValueLayout.JAVA_SHORT

/**
 * What the value of a field is, or each value of a fixed array.
 *
 * @property word what layouts call it
 * @property layout the platform's layout of one value; null for a struct, whose layout is its own
 */
internal enum class FieldKind(val word: String, val layout: ValueLayout?) {
    BOOLEAN("boolean", JAVA_BOOLEAN),
    BYTE("byte", JAVA_BYTE),
    SHORT("short", JAVA_SHORT),
    CHAR("char", JAVA_CHAR),
    INT("int", JAVA_INT),
    LONG("long", JAVA_LONG),
    FLOAT("float", JAVA_FLOAT),
    DOUBLE("double", JAVA_DOUBLE),

    /** Bytes that hold UTF-8, with NULs behind it. */
    TEXT("text", JAVA_BYTE),

    STRUCT("struct", null),
    ;

    /** How many bytes one value has, which is also what C aligns it to; 0 for a struct. */
    val bytes: Long = layout?.byteSize() ?: 0

    /** Finds kinds. */
    companion object {
        private val PRIMITIVES = entries.filter { it != TEXT && it != STRUCT }.associateBy { it.layout!!.carrier() }

        /** The kind of the primitive type [carrier]; null when there is none. */
        @JvmStatic
        fun of(carrier: Class<*>): FieldKind? = PRIMITIVES[carrier]
    }
}
