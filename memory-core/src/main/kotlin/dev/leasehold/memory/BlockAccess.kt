package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/**
 * One scoped use of a block: holds it, and confines the view to the calling thread and to this access.
 *
 * The constructor takes the platform's type and is not private, because Kotlin reaches any other through a synthetic one whose
 * marker class is never loaded; then the compiler does not inline it, and every access makes garbage.
 */
@PublishedApi
internal class BlockAccess internal constructor(
    private val block: Block,
    private val arena: Arena?,
    @PublishedApi @JvmField internal val raw: MemorySegment,
) : AutoCloseable {
    override fun close() {
        // The arena first: when this was the last reference, the next owner must not be within reach.
        try {
            arena?.close()
        } finally {
            block.leave()
        }
    }

    @PublishedApi
    internal companion object {
        @PublishedApi
        @JvmStatic
        internal fun of(block: Block): BlockAccess {
            block.enter()
            try {
                val arena = if (BINDS_VIEWS) Arena.ofConfined() else null
                return BlockAccess(block, arena, block.viewIn(arena))
            } catch (failure: Throwable) {
                // The heap is exhausted, or the like: the reference must not be lost with it.
                block.leave()
                throw failure
            }
        }

        private val BINDS_VIEWS: Boolean = Platform.current.bindsViews
    }
}
