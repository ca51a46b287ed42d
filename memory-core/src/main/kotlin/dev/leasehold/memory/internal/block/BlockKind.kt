package dev.leasehold.memory.internal.block

/** What a block is made of, in one word: its code (a size class, or [LARGE]) and the alignment that was requested. */
internal object BlockKind {
    /** The code of a block that is no size class's: a mapping of its own, or pages. */
    const val LARGE: Int = SizeClasses.COUNT

    /** The code of a block without bytes. */
    const val NOTHING: Int = LARGE + 1

    private const val SHIFT = 8
    private const val CODE = (1 shl SHIFT) - 1

    /** The kind of a block of [code] for which [alignment], a power of two or [Request.NATURAL], was requested. */
    fun of(code: Int, alignment: Long): Int =
        if (alignment == Request.NATURAL) code else code or ((1 + alignment.countTrailingZeroBits()) shl SHIFT)

    /** [kind] with another [code]. */
    fun withCode(kind: Int, code: Int): Int = (kind and CODE.inv()) or code

    fun code(kind: Int): Int = kind and CODE

    /** The alignment in [kind], or [Request.NATURAL]. */
    fun alignment(kind: Int): Long = if (kind ushr SHIFT == 0) Request.NATURAL else 1L shl ((kind ushr SHIFT) - 1)
}
