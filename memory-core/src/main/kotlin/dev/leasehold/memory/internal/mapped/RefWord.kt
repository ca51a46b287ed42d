package dev.leasehold.memory.internal.mapped

/** A reference to a block: 24 bits say in which span, 12 which block of its run, 28 of which generation, from 1. */
internal object RefWord {
    private const val INDEX_SHIFT = 28
    private const val SPAN_SHIFT = 40

    /** The most spans that references can tell apart: 1 TiB. */
    const val MOST_SPANS: Long = 1L shl 24

    // Never 0, which is no reference: so a generation is one more here than in the block's word.
    fun of(span: Long, index: Int, generation: Long): Long =
        (span shl SPAN_SHIFT) or (index.toLong() shl INDEX_SHIFT) or generation

    fun span(ref: Long): Long = ref ushr SPAN_SHIFT

    fun index(ref: Long): Int = ref.part(INDEX_SHIFT, 12).toInt()

    fun generation(ref: Long): Long = ref.part(0, INDEX_SHIFT)
}
