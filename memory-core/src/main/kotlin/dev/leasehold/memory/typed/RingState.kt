package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.ChunkPositions
import dev.leasehold.memory.internal.typed.RingMemory
import dev.leasehold.memory.internal.typed.WaitingThreads
import dev.leasehold.memory.internal.typed.closeWhenUnused
import dev.leasehold.memory.internal.typed.racingFree
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration

/**
 * A [ChunkRing] behind its functions: its memory, which a resize replaces, and the threads that wait. Public only
 * because those functions are inlined.
 *
 * What is claimed and not committed, or taken and not freed, holds the memory: a resize is refused meanwhile, and a
 * closed ring's memory goes when all has been read. So for a thread that has a chunk, [memory] is the one that it lies
 * in, and no view of a chunk outlives it.
 */
@PublishedApi
internal class RingState internal constructor(memory: RingMemory) {
    // How many threads wait, and CLOSED: whatever a thread that has written or read a chunk must see to.
    private val attention = AtomicInteger()
    private val writers = WaitingThreads(attention, ordered = true)
    private val readers = WaitingThreads(attention, ordered = false)
    private val manager = memory.block.manager.name
    private val freed = AtomicBoolean()

    /** Null when it is gone. */
    @Volatile
    internal var memory: RingMemory? = memory
        private set

    internal val isClosed: Boolean get() = attention.get() and CLOSED != 0

    internal fun block(): Block = memory?.block ?: throw closedAndRead(manager)

    internal fun usedBytes(): Long = reaching(0L) { it.usedBytes() }

    // ---- writing ----

    /** Claims a chunk of [size] bytes: where it is, or a negative number when there is no room now. */
    @PublishedApi
    internal fun tryClaim(size: Long): Long {
        while (true) {
            val memory = memory ?: throw closedForWriting(manager)
            if (size !in 0..memory.maxChunk) refuseChunkSize(manager, size, memory)
            val at = racingFree({ memory.claim(memory.spanOf(size)) }) {
                requireReplaced(memory, it)
                continue
            }
            if (at >= 0) {
                if (this.memory === memory) return at
                // It is another ring's since, which was opened in the same memory.
                memory.abandon(at, memory.spanOf(size))
                continue
            }
            if (at == ChunkPositions.NONE) return at
            if (at == ChunkPositions.CLOSED) throw closedForWriting(manager)
            if (this.memory === memory) return ChunkPositions.NONE
        }
    }

    /** [tryClaim] that waits up to [nanos] nanoseconds for room. */
    @PublishedApi
    internal fun claim(size: Long, nanos: Long): Long {
        // Those that wait already are first.
        val at = if (writers.isEmpty) tryClaim(size) else ChunkPositions.NONE
        return if (at >= 0) at else writers.await(nanos) { tryClaim(size) }
    }

    /** [claim], or the refusal. */
    @PublishedApi
    internal fun claimInTime(size: Long, nanos: Long): Long {
        val at = claim(size, nanos)
        if (at >= 0) return at
        throw noRoomInTime(manager, size, nanos, usedBytes(), memory ?: throw closedForWriting(manager))
    }

    /** Lets [fill] fill the chunk of [size] bytes that was claimed [at]. */
    @PublishedApi
    internal inline fun fill(chunk: ChunkWrite, at: Long, size: Long, fill: (Segment) -> Unit) {
        chunk.begin(at, size)
        try {
            fill(Segment.of(chunk.view()))
        } catch (failure: Throwable) {
            chunk.abandon()
            throw failure
        }
        chunk.commit()
    }

    /** A chunk of [memory] has been committed or abandoned. */
    internal fun written(memory: RingMemory) {
        if (attention.get() == 0) return
        readers.wakeFirst()
        if (isClosed) freeIfOver(memory)
    }

    // ---- reading ----

    /**
     * Takes up to [most] chunks, and waits up to [nanos] nanoseconds for the first.
     *
     * @return what [ChunkPositions.take] returns; or a negative number when none came, or [OVER]
     */
    @PublishedApi
    internal fun take(most: Int, nanos: Long): Long {
        val taken = tryTake(most)
        return if (taken >= 0 || nanos == 0L) taken else readers.await(nanos) { tryTake(most) }
    }

    private fun tryTake(most: Int): Long {
        while (true) {
            val memory = memory ?: return OVER
            val taken = racingFree({ memory.take(most) }) {
                requireReplaced(memory, it)
                continue
            }
            if (taken >= 0) {
                if (this.memory === memory) return taken
                // It is another ring's since, which was opened in the same memory.
                val _ = memory.putBack(ChunkPositions.firstOf(taken), memory.endOf(taken))
                continue
            }
            if (isClosed && freeIfOver(memory)) return OVER
            if (this.memory === memory) return ChunkPositions.NONE
        }
    }

    /**
     * Reads up to [most] chunks with [action], and waits up to [nanos] nanoseconds for the first.
     *
     * @return how many were read: 0 when none came in time, and -1 when none will ever come
     */
    @PublishedApi
    internal inline fun read(most: Int, nanos: Long, action: (Segment) -> Unit): Int {
        val run = ChunkRun.of(this)
        val taken = take(most, nanos)
        if (taken < 0) return 0
        if (taken == OVER) return -1
        run.begin(taken)
        val count = run.count(taken)
        var failure: Throwable? = null
        // Again only after a failure, so that the compiler sees one view of all chunks, and removes it.
        while (run.hasNext()) {
            try {
                val data = run.view()
                while (run.hasNext()) action(Segment.of(run.next(data)))
            } catch (thrown: Throwable) {
                failure = run.failed(failure, thrown)
            }
        }
        run.cut()
        run.free()
        run.tell()
        if (failure != null) throw failure
        return count
    }

    /** Refuses what [read] returned when no chunk will ever come. */
    @PublishedApi
    internal fun requireNotOver(count: Int): Int = if (count >= 0) count else throw closedAndRead(manager)

    /** Refuses what [read] returned when no chunk came within [nanos] nanoseconds, or will ever come. */
    @PublishedApi
    internal fun requireRead(count: Int, nanos: Long) {
        if (requireNotOver(count) == 0) throw noChunkInTime(manager, nanos)
    }

    /** Chunks of [memory] have been freed or put back. */
    internal fun read(memory: RingMemory, putBack: Boolean) {
        if (attention.get() == 0) return
        writers.wakeFirst()
        if (putBack) readers.wakeFirst()
        if (isClosed) freeIfOver(memory)
    }

    /** Frees all chunks that can be taken now. */
    internal fun clear() {
        while (true) {
            val taken = take(ChunkPositions.MOST_AT_ONCE, 0)
            if (taken < 0 || taken == OVER) return
            val memory = memory!!
            memory.free(ChunkPositions.firstOf(taken), memory.endOf(taken))
            read(memory, putBack = false)
        }
    }

    /** The nanoseconds of [timeout], when a write or a read may wait that long; [without] is what does not wait. */
    @PublishedApi
    internal fun nanosOf(timeout: Duration, without: String): Long = checkWait(timeout.inWholeNanoseconds, without)

    // ---- the end ----

    /** Takes no more chunks from now on. */
    @Synchronized
    internal fun close() {
        val memory = memory ?: return
        try {
            closed(memory)
        } catch (_: ViewClosedException) {
            // Its manager has taken all blocks back: to close what is gone is no mistake.
            free(memory)
        }
    }

    private fun closed(memory: RingMemory) {
        if (reaching(false) { it.close() }) attention.getAndAdd(CLOSED)
        readers.wakeAll()
        writers.wakeAll()
        // A thread that has freed its chunk and not seen yet that this is closed leaves the memory to this one, which
        // must see that the chunk is free.
        if (!freeIfOver(memory)) {
            Fence.everyThread()
            freeIfOver(memory)
        }
    }

    /** Frees the memory of the closed ring if all has been read; false when something has not. */
    @IgnorableReturnValue
    private fun freeIfOver(memory: RingMemory): Boolean {
        if (!reaching(true) { it.isOver() }) return false
        free(memory)
        return true
    }

    private fun free(memory: RingMemory) {
        if (!freed.compareAndSet(false, true)) return
        this.memory = null
        readers.wakeAll()
        writers.wakeAll()
        closeWhenUnused(memory.block)
    }

    /** Ends this, and hands the block over with all that is in it. */
    @Synchronized
    internal fun release(): Block {
        val memory = memory
        if (memory == null || isClosed) throw closedForChange(manager)
        if (!reaching(false) { it.beginMove() }) throw ringBusy(manager, "released", memory.byteSize)
        freed.set(true)
        attention.getAndAdd(CLOSED)
        this.memory = null
        readers.wakeAll()
        writers.wakeAll()
        return memory.block
    }

    /** Gives it another memory, of [capacity] bytes for chunks, with the same chunks. */
    @Synchronized
    internal fun resize(capacity: Long) {
        val old = memory
        if (old == null || isClosed) throw closedForChange(manager)
        val owner = old.block.manager
        val fresh = RingMemory.allocate(owner, ringShape(manager, capacity, old.alignment, owner.pageSize))
        try {
            move(old, fresh)
        } catch (failure: Throwable) {
            fresh.block.close()
            throw failure
        }
        writers.wakeAll()
        readers.wakeAll()
        closeWhenUnused(old.block)
    }

    private fun move(old: RingMemory, fresh: RingMemory) {
        if (!reaching(false) { it.beginMove() }) throw ringBusy(manager, "resized", old.byteSize)
        try {
            val (unread, largest) = old.unread()
            if (unread > fresh.capacity || largest > fresh.maxChunk) {
                throw tooSmallForUnread(manager, fresh, unread, largest)
            }
            old.copyUnreadTo(fresh)
            memory = fresh
        } catch (failure: Throwable) {
            old.endMove()
            throw failure
        }
    }

    override fun toString(): String {
        val capacity = memory?.capacity ?: 0
        return "ChunkRing(${bytes(capacity)}, ${grouped(usedBytes())} used, manager '$manager'" +
            (if (isClosed) ", closed)" else ")")
    }

    /** What [action] returns for the memory as it is now; or [gone] when there is none. */
    private inline fun <R> reaching(gone: R, action: (RingMemory) -> R): R {
        while (true) {
            val memory = memory ?: return gone
            return racingFree({ action(memory) }) {
                requireReplaced(memory, it)
                continue
            }
        }
    }

    // What was cut off while it was looked at, because a resize or the end came in between; or by the manager's clear.
    private fun requireReplaced(memory: RingMemory, cut: IllegalStateException) {
        if (this.memory === memory) throw explain(cut, memory.raw, 0, Long.SIZE_BYTES.toLong())
    }

    @PublishedApi
    internal companion object {
        /** What [take] returns when no chunk will ever come. */
        @PublishedApi
        internal const val OVER = Long.MAX_VALUE

        /** Beside the count of those that wait. */
        private const val CLOSED = 1 shl 30

        /** A ring of at least [capacity] bytes for chunks in a new block of [manager]. */
        internal fun allocate(manager: MemoryManager, capacity: Long, alignment: Long): RingState {
            val memory = RingMemory.allocate(manager, ringShape(manager.name, capacity, alignment, manager.pageSize))
            try {
                return RingState(memory)
            } catch (failure: Throwable) {
                // The heap is full: the memory must not be lost with it.
                memory.block.close()
                throw failure
            }
        }
    }
}
