package dev.leasehold.memory.mapped

import dev.leasehold.memory.internal.mapped.RefWord

/**
 * The name of one block in the file of a [MappedMemoryManager], for as long as the block lives: where it lies, and
 * which of the blocks that lay there it is (its generation). When the block is gone, the name is nobody's, also after
 * its place was used again.
 *
 * It names no address: the same number leads to the same block in every process, and after the file was opened again.
 * So it is what roots and structures in the file refer to blocks by. For Java it is the `long` itself.
 *
 * Generations are numbers of 28 bits: a reference that is kept while its place is used 268 million times could lead to
 * another block.
 */
@JvmInline
public value class MappedRef(
    /** The number. 0 names no block. */
    public val bits: Long,
) {
    /** Whether this is [NONE]. */
    public val isNone: Boolean get() = bits == 0L

    /** `MappedRef(span 3, block 17, generation 2)`. */
    override fun toString(): String = if (isNone) {
        "MappedRef(none)"
    } else {
        "MappedRef(span ${RefWord.span(bits)}, block ${RefWord.index(bits)}, generation ${RefWord.generation(bits)})"
    }

    /** The reference that names nothing. */
    public companion object {
        /** Names no block, in any file: what a word that is zero holds. */
        public val NONE: MappedRef get() = MappedRef(0)
    }
}
