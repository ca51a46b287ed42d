package dev.leasehold.memory.typed

import java.lang.foreign.MemorySegment

/**
 * What gives memory back that a buffer has adopted: `free` of the library that allocated it, the close of its arena, or
 * nothing.
 *
 * It runs exactly once: when the buffer that owns the memory is closed, the last of those that share it, or when the
 * holder of a [ReleasedBuffer] frees it; for memory without a byte, too. It runs on the thread that does so, after all
 * views that the buffer gave out of its own have been cut off. What it throws goes to the library's log,
 * `dev.leasehold.memory`, and to nobody else.
 */
public fun interface ReleaseAction {
    /** Gives [memory] back: the very segment that was adopted. */
    public fun release(memory: MemorySegment)

    /** Release actions that are often needed. */
    public companion object {
        /** Does nothing: for memory that lives on, or that its own arena ends. */
        @JvmField public val NOTHING: ReleaseAction = ReleaseAction {}
    }
}
