package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.engine.Requests
import dev.leasehold.memory.internal.engine.SlabEngine

/** What a manager's block is made of, in one word: its code (a size class, or [SlabEngine.LARGE]) and the alignment asked for. */
internal object BlockKind {
    private const val SHIFT = 8
    private const val CODE = (1 shl SHIFT) - 1

    /** The kind of a block of [code] for which [alignment], a power of two or [Requests.NATURAL], was asked. */
    fun of(code: Int, alignment: Long): Int =
        if (alignment == Requests.NATURAL) code else code or ((1 + alignment.countTrailingZeroBits()) shl SHIFT)

    /** [kind] with the code [code]. */
    fun of(code: Int, kind: Int): Int = (kind and CODE.inv()) or code

    fun code(kind: Int): Int = kind and CODE

    /** The alignment in [kind], or [Requests.NATURAL]. */
    fun alignment(kind: Int): Long = if (kind ushr SHIFT == 0) Requests.NATURAL else 1L shl ((kind ushr SHIFT) - 1)
}
