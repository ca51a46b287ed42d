@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.ChunkPositions
import dev.leasehold.memory.internal.typed.RingMemory
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

// Nothing is left of these objects once compiled, for which every function here has to be inlined: each must stay
// below 2,500 bytes of machine code, so the arena, the object and the view are made by one each. And where a reader
// mostly finds nothing, what it does with a chunk looks rare to the compiler, which then inlines no function of more
// than 35 bytes of code: so the end of a read is three functions. The constructors take
// the platform's types and are not private, because Kotlin reaches any other through a synthetic one whose marker class
// is never loaded, which is then not inlined.

/**
 * A write to [state]: confines the view of the chunk to the calling thread and to this write. Public only because the
 * functions of [ChunkRing] are inlined.
 *
 * Made before anything is claimed: what is claimed cannot be lost for want of an arena or an object.
 */
@PublishedApi
internal class ChunkWrite internal constructor(private val state: RingState, private val arena: Arena?) {
    private var memory: RingMemory? = null
    private var at = 0L
    private var size = 0L

    /** The chunk of [size] bytes, which [state] has claimed [at]. */
    @PublishedApi
    internal fun begin(at: Long, size: Long) {
        memory = state.memory
        this.at = at
        this.size = size
    }

    /** The chunk's bytes, as long as this write. */
    @PublishedApi
    internal fun view(): MemorySegment {
        val memory = memory!!
        return bound(memory.chunkIn(memory.data, at, size), arena)
    }

    /** Cuts the view off, and lets the chunk be read. */
    @PublishedApi
    internal fun commit() {
        // The arena first: the next to use these bytes must not be within reach.
        arena?.close()
        memory!!.commit(at, size)
        state.written(memory!!)
    }

    /** Cuts the view off, and lets the chunk be skipped. */
    @PublishedApi
    internal fun abandon() {
        arena?.close()
        memory!!.abandon(at, memory!!.spanOf(size))
        state.written(memory!!)
    }

    @PublishedApi
    internal companion object {
        /** A write to [state], of nothing as yet. */
        @PublishedApi
        @JvmStatic
        internal fun of(state: RingState): ChunkWrite = ChunkWrite(state, newArena())
    }
}

/**
 * A read of some chunks of [state] that follow one another: confines the views to the calling thread and to this read.
 * Public only because the functions of [ChunkRing] are inlined. Made before anything is taken, as [ChunkWrite].
 */
@PublishedApi
internal class ChunkRun internal constructor(private val state: RingState, private val arena: Arena?) {
    private var memory: RingMemory? = null
    private var first = 0L
    private var next = 0L
    private var left = 0
    private var stuckAt = -1L
    private var putBack = false

    /** Begins to read what [state] has [taken][RingState.take]. */
    @PublishedApi
    internal fun begin(taken: Long) {
        memory = state.memory
        first = ChunkPositions.firstOf(taken)
        next = first
    }

    /** Counts what was [taken][RingState.take], and returns how many chunks that are. */
    @PublishedApi
    internal fun count(taken: Long): Int {
        left = ChunkPositions.countOf(taken)
        return left
    }

    /** Whether there is another chunk. */
    @PublishedApi
    internal fun hasNext(): Boolean = left > 0

    /** A view in which all chunks are, for as long as this read. */
    @PublishedApi
    internal fun view(): MemorySegment = bound(memory!!.data, arena)

    /** The next chunk in [data], which is a [view]. */
    @PublishedApi
    internal fun next(data: MemorySegment): MemorySegment {
        val memory = memory!!
        val size = memory.sizeAt(next)
        val chunk = memory.chunkIn(data, next, size)
        next += memory.spanOf(size)
        left--
        return chunk
    }

    /**
     * Reading a chunk has ended with [thrown], after [former] had been thrown: those behind it go back. Where others
     * have read on meanwhile, that would change the order, so they are read here.
     *
     * @return what to throw in the end
     */
    @PublishedApi
    internal fun failed(former: Throwable?, thrown: Throwable): Throwable {
        if (left > 0) putRestBack()
        if (former == null) return thrown
        if (former !== thrown) former.addSuppressed(thrown)
        return former
    }

    private fun putRestBack() {
        val memory = memory!!
        if (memory.putBack(next, memory.endOf(next, left))) {
            left = 0
            putBack = true
        } else if (stuckAt == next) {
            // Not even a view of it could be made, twice.
            next = memory.endOf(next, 1)
            left--
        }
        stuckAt = next
    }

    /** Cuts the views off. */
    @PublishedApi
    internal fun cut() {
        arena?.close()
    }

    /** Frees what has been read. */
    @PublishedApi
    internal fun free() {
        if (next != first) memory!!.free(first, next)
    }

    /** Tells those that wait. */
    @PublishedApi
    internal fun tell(): Unit = state.read(memory!!, putBack)

    @PublishedApi
    internal companion object {
        /** A read of [state], of nothing as yet. */
        @PublishedApi
        @JvmStatic
        internal fun of(state: RingState): ChunkRun = ChunkRun(state, newArena())
    }
}

private val BINDS_VIEWS = ChunkRing::class.java.module.isNativeAccessEnabled

private fun newArena(): Arena? = if (BINDS_VIEWS) Arena.ofConfined() else null

/** The bytes of [raw] for as long as [arena] lives. */
private fun bound(raw: MemorySegment, arena: Arena?): MemorySegment =
    if (arena == null) raw else raw.reinterpret(arena, null)
