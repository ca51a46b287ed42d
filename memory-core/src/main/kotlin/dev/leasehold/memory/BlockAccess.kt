package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena

/** One scoped use of a block: holds it, and confines the view to the calling thread and to this access. */
@PublishedApi
internal class BlockAccess private constructor(
    private val block: Block,
    private val arena: Arena?,
    @PublishedApi internal val segment: Segment,
) : AutoCloseable {
    override fun close() {
        // The arena first: when this was the last reference, the next owner must not be within reach.
        try {
            arena?.close()
        } finally {
            block.close()
        }
    }

    @PublishedApi
    internal companion object {
        @PublishedApi
        internal fun of(block: Block): BlockAccess {
            block.retain()
            try {
                val arena = if (Platform.current.bindsViews) Arena.ofConfined() else null
                return BlockAccess(block, arena, Segment.of(block.viewIn(arena)))
            } catch (failure: Throwable) {
                // The heap is exhausted, or the like: the reference must not be lost with it.
                block.close()
                throw failure
            }
        }
    }
}
