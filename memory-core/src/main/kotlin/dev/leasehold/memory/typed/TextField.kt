@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.FixedText
import dev.leasehold.memory.internal.typed.countIn
import dev.leasehold.memory.internal.typed.offsetIn
import java.lang.foreign.MemorySegment

/**
 * A field of text in the struct [S]: a fixed number of bytes that hold UTF-8, with NULs behind it, and none when the
 * text fills them. From [Struct.text].
 */
@JvmInline
public value class TextField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where it begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** The most bytes that a text can have in it. */
    public val capacity: Int get() = countIn(key)
}

// How the views read and write it: [offset] is where the text lies in [raw].

internal fun TextField<*>.read(raw: MemorySegment, offset: Long): String = FixedText.read(raw, offset, capacity)

internal fun TextField<*>.write(raw: MemorySegment, offset: Long, text: String) {
    val misfit = FixedText.misfit(text, capacity)
    if (misfit != null) throw FieldValueException(misfit)
    FixedText.write(raw, offset, capacity, text)
}

internal fun TextField<*>.writeTruncated(raw: MemorySegment, offset: Long, text: String): Int {
    val fitting = FixedText.fitting(text, capacity)
    FixedText.write(raw, offset, capacity, fitting)
    return fitting.length
}
