package dev.leasehold.memory.internal.access

import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED
import java.lang.invoke.VarHandle

/**
 * The ways to single values at any offset of a memory segment, in native byte order: what `get` and `set` of a segment
 * ask the layout for at each call. As constants they are a tenth less for the compiler to follow in each access, which
 * decides how many of them it inlines into one method.
 */
internal object Values {
    @JvmField val BYTE: VarHandle = JAVA_BYTE.varHandle()

    @JvmField val SHORT: VarHandle = JAVA_SHORT_UNALIGNED.varHandle()

    @JvmField val CHAR: VarHandle = JAVA_CHAR_UNALIGNED.varHandle()

    @JvmField val INT: VarHandle = JAVA_INT_UNALIGNED.varHandle()

    @JvmField val LONG: VarHandle = JAVA_LONG_UNALIGNED.varHandle()

    @JvmField val FLOAT: VarHandle = JAVA_FLOAT_UNALIGNED.varHandle()

    @JvmField val DOUBLE: VarHandle = JAVA_DOUBLE_UNALIGNED.varHandle()
}
