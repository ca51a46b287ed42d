package dev.leasehold.samples.growth

import dev.leasehold.memory.Block
import dev.leasehold.memory.copyTo

/** How a block gets larger, and the word for one that has another address afterwards. */
internal enum class Way(val title: String, val moving: String) {
    /** The manager's own: where the block must move, the system moves its pages, and no byte is copied. */
    RESIZE("resize", "moved") {
        override fun grow(block: Block, newSize: Long): Block = block.resize(newSize)
    },

    /** What one does without it. */
    COPY("copy", "copied") {
        override fun grow(block: Block, newSize: Long): Block {
            val larger = block.manager.allocate(newSize)
            block.withSegment { old -> larger.withSegment { new -> old.copyTo(new) } }
            block.close()
            return larger
        }
    }, ;

    /** Returns a block of [newSize] bytes with the content of [block], which stays the caller's only if this throws. */
    abstract fun grow(block: Block, newSize: Long): Block
}
