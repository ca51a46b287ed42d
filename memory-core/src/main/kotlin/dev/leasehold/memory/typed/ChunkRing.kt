package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.typed.RingMemory
import java.lang.foreign.MemorySegment
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * A bounded queue of variable-size chunks of bytes off the heap, for any number of writers and readers.
 *
 * ```
 * ring.write(8) { it.setLong(0, 42) }
 * ring.read { println(it.getLong(0)) }
 * ```
 *
 * A write claims room for its chunk, lets an action fill it, and commits it. Chunks are read in the order in which they
 * were claimed; one that is still being filled holds back those that were claimed after it. Where the action of a write
 * throws, its chunk is skipped. Each chunk is read once; where the action of a read throws, the chunk counts as read.
 *
 * **Bounded.** A full ring refuses ([tryWrite]), or lets the writer wait: that is what a ring is for, and why it does
 * not grow by itself. Between a write and the next [resize] gives it another capacity. A chunk has at most half of the
 * capacity, and is never split: what does not fit before the end of the memory begins at its start again.
 *
 * **Ownership.** Make it with a [MemoryManager], and [close] it. The memory of a closed ring goes when the last chunk
 * in it has been read; [clear] drops what no one will read.
 * **Threads.** Any, all functions, virtual ones too. What a writer did before a chunk was committed is seen by the
 * thread that reads the chunk. Threads that wait spin for some microseconds and then park; they are woken in the order
 * in which they came. No thread waits for another in a function whose name begins with `try`.
 * **Views.** The segment of an action is exact, belongs to the calling thread, and ends with the action: kept, it
 * throws. (Where the module has no native access, it ends with the ring's memory.) It is not zeroed.
 * **Memory.** Its state lies in its block, as offsets: a ring can be [opened][open] again wherever the block lies.
 * **Cost.** One compare-and-set for a write, one for a read, or for up to eight chunks in [drain] and [consumeEach]; no
 * call of the system and no garbage where none has to wait.
 *
 * @sample dev.leasehold.memory.samples.chunksBetweenThreads
 */
public class ChunkRing private constructor(@PublishedApi internal val state: RingState) : AutoCloseable {
    /**
     * Makes an empty ring with room for at least [capacity] bytes of chunks: the next power of two. Each chunk begins
     * at a multiple of [alignment], and takes a multiple of it; for each there is a header of 8 bytes beside.
     *
     * **Cost.** An allocation, and the headers are zeroed.
     *
     * @throws InvalidSizeException when [capacity] is not positive, above 16 TiB, or more than [manager] can allocate
     * @throws InvalidAlignmentException when [alignment] is no power of two between 8 and the page size
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when [manager] is closed
     */
    @JvmOverloads
    public constructor(manager: MemoryManager, capacity: Long, alignment: Long = DEFAULT_ALIGNMENT) :
        this(RingState.allocate(manager, capacity, alignment))

    /** How many bytes there are for chunks: a power of two. 0 when the memory is gone. */
    public val capacity: Long get() = state.memory?.capacity ?: 0

    /** The most bytes that a chunk may have: half of [capacity]. */
    public val maxChunk: Long get() = state.memory?.maxChunk ?: 0

    /** What the address of each chunk is a multiple of, and what it takes a multiple of. 0 when the memory is gone. */
    public val alignment: Long get() = state.memory?.alignment ?: 0

    /** How many bytes of memory it takes, everything included. 0 when the memory is gone. */
    public val byteSize: Long get() = state.memory?.byteSize ?: 0

    /**
     * The block that it lies in. It is the ring's, not the caller's, and another one after a [resize].
     *
     * @throws TypedMemoryClosedException when the memory is gone
     */
    public val block: Block get() = state.block()

    /** How many of [capacity] are claimed, unread or being read, skipped parts included: a moment's truth. */
    public val usedBytes: Long get() = state.usedBytes()

    /** Whether it takes no more chunks, because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = state.isClosed

    // ---- writing ----

    /**
     * Writes a chunk of [size] bytes, which [fill] fills, if there is room for it now.
     *
     * **Cost.** One compare-and-set; what else, see [ChunkRing].
     *
     * @return whether it was written; false when the ring is full, or is being resized
     * @throws InvalidSizeException when [size] is negative or above [maxChunk]
     * @throws TypedMemoryClosedException when the ring is closed
     */
    @JvmSynthetic
    public inline fun tryWrite(size: Long, crossinline fill: (Segment) -> Unit): Boolean {
        val chunk = ChunkWrite.of(state)
        val at = state.tryClaim(size)
        if (at < 0) return false
        state.fill(chunk, at, size, fill)
        return true
    }

    /**
     * [tryWrite] that waits up to [timeout] for room.
     *
     * @return whether it was written
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was written
     * @throws InvalidTimeoutException when [timeout] is not positive
     * @throws InvalidSizeException when [size] is negative or above [maxChunk]
     * @throws TypedMemoryClosedException when the ring is closed, or gets closed while this waits
     */
    @JvmSynthetic
    public inline fun tryWrite(size: Long, timeout: Duration, crossinline fill: (Segment) -> Unit): Boolean {
        val nanos = state.nanosOf(timeout, "tryWrite")
        val chunk = ChunkWrite.of(state)
        val at = state.claim(size, nanos)
        if (at < 0) return false
        state.fill(chunk, at, size, fill)
        return true
    }

    /**
     * Writes a chunk of [size] bytes, which [fill] fills, and waits until there is room for it.
     *
     * **Cost.** One compare-and-set where there is room; else the thread parks (a virtual thread frees its carrier).
     *
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was written
     * @throws InvalidSizeException when [size] is negative or above [maxChunk]
     * @throws TypedMemoryClosedException when the ring is closed, or gets closed while this waits
     */
    @JvmSynthetic
    public inline fun write(size: Long, crossinline fill: (Segment) -> Unit): Unit =
        state.fill(ChunkWrite.of(state), state.claim(size, Long.MAX_VALUE), size, fill)

    /**
     * [write] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws ChunkTimeoutException when [timeout] passed first; nothing was written
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public inline fun write(size: Long, timeout: Duration, crossinline fill: (Segment) -> Unit) {
        val nanos = state.nanosOf(timeout, "tryWrite")
        state.fill(ChunkWrite.of(state), state.claimInTime(size, nanos), size, fill)
    }

    // ---- reading ----

    /**
     * Reads the next chunk with [action], if there is one.
     *
     * **Cost.** One compare-and-set; what else, see [ChunkRing].
     *
     * @return whether there was one; false also when the next one is still being written
     * @throws TypedMemoryClosedException when the ring is closed and all of its chunks have been read
     */
    @JvmSynthetic
    public inline fun tryRead(crossinline action: (Segment) -> Unit): Boolean =
        state.requireNotOver(state.read(1, 0, action)) > 0

    /**
     * [tryRead] that waits up to [timeout] for a chunk.
     *
     * @return whether one was read
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was read
     * @throws InvalidTimeoutException when [timeout] is not positive
     * @throws TypedMemoryClosedException when the ring is closed and all of its chunks have been read, also when that
     *   becomes so while this waits
     */
    @JvmSynthetic
    public inline fun tryRead(timeout: Duration, crossinline action: (Segment) -> Unit): Boolean =
        state.requireNotOver(state.read(1, state.nanosOf(timeout, "tryRead"), action)) > 0

    /**
     * Reads the next chunk with [action], and waits until there is one.
     *
     * **Cost.** One compare-and-set where there is one; else the thread parks (a virtual thread frees its carrier).
     *
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was read
     * @throws TypedMemoryClosedException when the ring is closed and all of its chunks have been read, also when that
     *   becomes so while this waits
     */
    @JvmSynthetic
    public inline fun read(crossinline action: (Segment) -> Unit): Unit =
        state.requireRead(state.read(1, Long.MAX_VALUE, action), Long.MAX_VALUE)

    /**
     * [read] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws ChunkTimeoutException when [timeout] passed first; nothing was read
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public inline fun read(timeout: Duration, crossinline action: (Segment) -> Unit) {
        val nanos = state.nanosOf(timeout, "tryRead")
        state.requireRead(state.read(1, nanos, action), nanos)
    }

    /**
     * Reads the chunks that are there with [action], one after the other, and at most [limit] of them.
     *
     * Up to eight are taken at a time, and their room is free again when they have been read. Where [action] throws,
     * those behind go back into the ring; only if others have read on by then, they are given to [action] first.
     *
     * **Cost.** A compare-and-set for up to eight chunks.
     *
     * @return how many were read
     * @throws TypedMemoryClosedException when the ring is closed and all of its chunks had been read
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public inline fun drain(limit: Int = Int.MAX_VALUE, crossinline action: (Segment) -> Unit): Int {
        var count = 0
        while (count < limit) {
            val more = state.read(limit - count, 0, action)
            if (more <= 0) return if (count > 0) count else state.requireNotOver(more)
            count += more
        }
        return count
    }

    /**
     * Reads chunk after chunk with [action], and waits for the next, until the ring is closed and all has been read.
     * Several threads may share the work. Where [action] throws, as [drain].
     *
     * **Cost.** As [drain]; where there is no chunk the thread parks (a virtual thread frees its carrier).
     *
     * @throws InterruptedException when the thread was interrupted while it waited
     */
    @JvmSynthetic
    public inline fun consumeEach(crossinline action: (Segment) -> Unit) {
        while (true) if (state.read(Int.MAX_VALUE, Long.MAX_VALUE, action) < 0) return
    }

    // ---- for Java ----

    /** [tryWrite] for Java. */
    public fun tryWrite(size: Long, fill: Consumer<in MemorySegment>): Boolean =
        tryWrite(size) { fill.accept(it.asMemorySegment()) }

    /** [tryWrite] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun tryWrite(size: Long, timeout: JavaDuration, fill: Consumer<in MemorySegment>): Boolean =
        tryWrite(size, timeout.toKotlinDuration()) { fill.accept(it.asMemorySegment()) }

    /** [write] for Java. */
    @Throws(InterruptedException::class)
    public fun write(size: Long, fill: Consumer<in MemorySegment>): Unit =
        write(size) { fill.accept(it.asMemorySegment()) }

    /** [write] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun write(size: Long, timeout: JavaDuration, fill: Consumer<in MemorySegment>): Unit =
        write(size, timeout.toKotlinDuration()) { fill.accept(it.asMemorySegment()) }

    /** [tryRead] for Java. */
    public fun tryRead(action: Consumer<in MemorySegment>): Boolean = tryRead { action.accept(it.asMemorySegment()) }

    /** [tryRead] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun tryRead(timeout: JavaDuration, action: Consumer<in MemorySegment>): Boolean =
        tryRead(timeout.toKotlinDuration()) { action.accept(it.asMemorySegment()) }

    /** [read] for Java. */
    @Throws(InterruptedException::class)
    public fun read(action: Consumer<in MemorySegment>): Unit = read { action.accept(it.asMemorySegment()) }

    /** [read] that waits up to [timeout], for Java. */
    @Throws(InterruptedException::class)
    public fun read(timeout: JavaDuration, action: Consumer<in MemorySegment>): Unit =
        read(timeout.toKotlinDuration()) { action.accept(it.asMemorySegment()) }

    /** [drain] for Java. */
    @IgnorableReturnValue
    public fun drain(action: Consumer<in MemorySegment>): Int = drain { action.accept(it.asMemorySegment()) }

    /** [drain] of at most [limit] chunks, for Java. */
    @IgnorableReturnValue
    public fun drain(limit: Int, action: Consumer<in MemorySegment>): Int =
        drain(limit) { action.accept(it.asMemorySegment()) }

    /** [consumeEach] for Java. */
    @Throws(InterruptedException::class)
    public fun consumeEach(action: Consumer<in MemorySegment>): Unit =
        consumeEach { action.accept(it.asMemorySegment()) }

    // ---- the whole ----

    /** Drops all chunks that can be read now. Also on a closed ring, whose memory then goes. */
    public fun clear(): Unit = state.clear()

    /**
     * Gives the ring room for at least [capacity] bytes of chunks, more or fewer than now, and keeps all unread chunks
     * in their order. The memory is another afterwards.
     *
     * **Threads.** No chunk may be in the middle of a write or a read; then it is refused. Meanwhile a `try…` refuses,
     * and who can wait waits.
     * **Cost.** An allocation, and a copy of the unread chunks.
     *
     * @throws MemoryBusyException when a chunk is being written or read; nothing has changed
     * @throws InvalidSizeException when [capacity] is not positive, above 16 TiB, more than the manager can allocate,
     *   or too small for what is not yet read; nothing has changed
     * @throws MemoryExhaustedException when a limit or the system stops it; nothing has changed
     * @throws ManagerClosedException when the manager is closed; nothing has changed
     * @throws TypedMemoryClosedException when the ring is closed
     * @throws GuardBytesException when the bytes around the old memory were overwritten, in a checked manager; the ring
     *   *is* resized
     */
    public fun resize(capacity: Long): Unit = state.resize(capacity)

    /**
     * Ends the ring, and hands its block over, with all chunks that were not read: see [open]. Threads that wait are
     * refused as on a closed ring.
     *
     * **Ownership.** The ring's reference to the block is the caller's.
     * **Threads.** No chunk may be in the middle of a write or a read; then it is refused.
     *
     * @throws MemoryBusyException when a chunk is being written or read; nothing has changed
     * @throws TypedMemoryClosedException when the ring is closed
     */
    public fun release(): Block = state.release()

    /**
     * Takes no more chunks, and wakes all that wait: those that would write get an exception, and those that read get
     * what is left, and then an exception. What is being written or read is completed. The memory goes when the last
     * chunk has been read, by the thread that read it. Closing again does nothing.
     *
     * **Cost.** Where chunks are left, a handshake with all threads (tens of microseconds).
     *
     * @throws GuardBytesException when the memory goes, and the bytes around it were overwritten, in a checked manager;
     *   also thrown by the read that was the last one
     */
    override fun close(): Unit = state.close()

    /** The capacity, what of it is used, and the manager, for logs. */
    override fun toString(): String = state.toString()

    /** Finds rings in blocks. */
    public companion object {
        /** What the address of a chunk is a multiple of where nothing else is said, in bytes: a cache line. */
        public const val DEFAULT_ALIGNMENT: Long = 64

        /**
         * Opens the ring that was [released][release] in [block], or just left there, with the chunks that were not
         * read. What was left in the middle of a write is skipped, and what was left in the middle of a read is read
         * again. It is open, also when it had been closed.
         *
         * **Ownership.** The caller's reference to the block is the ring's; where this throws, it is still the
         * caller's.
         * **Threads.** Nothing else may use the ring that is there.
         *
         * @throws ElementLayoutException when [block] holds no ring of this version, or a damaged one
         * @throws BlockClosedException when [block] is closed
         */
        @JvmStatic
        public fun open(block: Block): ChunkRing {
            val memory = RingMemory.find(block) ?: throw noRingIn(block)
            return if (memory.recover()) ChunkRing(RingState(memory)) else throw damagedRingIn(block)
        }
    }
}
