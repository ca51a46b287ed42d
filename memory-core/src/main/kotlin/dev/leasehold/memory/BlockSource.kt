package dev.leasehold.memory

/** What a block asks of its manager when it must move. */
internal interface BlockSource {
    /** Whether a block must never keep more than its size. */
    val exact: Boolean get() = false

    /** Refuses a size that no block may have. */
    fun requireSize(size: Long)

    /** [MemoryManager.allocate] at a multiple of [alignment], which may be [NATURAL]. */
    fun allocateFor(size: Long, alignment: Long): Block
}
