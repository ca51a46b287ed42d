package dev.leasehold.memory.mapped

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.mapped.RingChunks
import dev.leasehold.memory.internal.mapped.RingLayout
import dev.leasehold.memory.internal.mapped.RootedKind
import java.lang.foreign.MemorySegment
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * A bounded queue of variable-size chunks of bytes in the file of a [MappedMemoryManager], for any number of writers
 * and readers of any process.
 *
 * ```
 * val ring = MappedRing.open(manager, "events", 1.MiB)
 * ring.write(8) { it.setLong(0, 42) }
 * ring.read { println(it.getLong(0)) }
 * ```
 *
 * A write claims room for its chunk, lets an action fill it, and commits it. Chunks are taken in the order in which
 * they were claimed; one that is still being filled holds back those that were claimed after it. Where the action of a
 * write throws, its chunk is skipped; where that of a read throws, the chunk counts as read.
 *
 * **What a death leaves.** A chunk whose write has returned is in the file, also when no process has that open. One that
 * a process was filling when it died is skipped. One that a process was reading when it died is read again by
 * another, in its turn or, where those behind it were taken before the death was seen, after them. So each chunk is
 * read once, and again only where its reader died before its read returned. Readers and waiting writers look for dead
 * processes every millisecond.
 *
 * **Bounded.** A full ring refuses ([tryWrite]), or lets the writer wait. A chunk and its header of 16 bytes have at
 * most half of the capacity, and are never split: what does not fit before the end begins at the start again.
 *
 * **Ownership.** It is the file's, and lives as long as its root; one whose root is removed serves those who have
 * opened it. This object owns nothing, and is good as long as [manager] is open.
 * **Threads.** Any, virtual ones too. What a writer did before a chunk was committed is seen by the thread that reads
 * it. Those that wait have no order. No thread waits for another in a function whose name begins with `try`, but for
 * the some ten instructions in which a position moves.
 * **Views.** The segment of an action is exact, belongs to the calling thread, and ends with the action. It is not
 * zeroed; that of a read must not be written, and refuses to be.
 * **Cost.** A lock of the file for a write and for a read, held while a position moves; no call of the system where
 * none has to wait.
 *
 * @sample dev.leasehold.memory.samples.mappedRing
 */
public class MappedRing private constructor(
    /** The manager whose file it lies in. */
    public val manager: MappedMemoryManager,
    /** The root that leads to it. */
    public val name: String,
    private val chunks: RingChunks,
) {
    private val session = manager.session

    /** How many bytes there are for chunks and their headers: a power of two. */
    public val capacity: Long get() = chunks.capacity

    /** The most bytes that a chunk may have: half of [capacity], without the header. */
    public val maxChunk: Long get() = RingLayout.mostBytes(capacity)

    /** How many of [capacity] are claimed, unread or being read, headers and skipped parts included, just now. */
    public val usedBytes: Long get() = guarded { chunks.used }

    private inline fun <R> guarded(action: () -> R): R {
        session.requireOpen()
        return session.guarded(action)
    }

    // ---- writing ----

    /**
     * Writes a chunk of [size] bytes, which [fill] fills, if there is room for it now.
     *
     * @return whether it was written
     * @throws InvalidSizeException when [size] is negative or above [maxChunk]
     * @throws ManagerClosedException when the manager is closed
     * @throws MappedFileDamagedException when the words of the ring contradict each other
     */
    @JvmSynthetic
    public fun tryWrite(size: Long, fill: (Segment) -> Unit): Boolean = write(size, 0L, fill)

    /**
     * [tryWrite] that waits up to [timeout] for room.
     *
     * @return whether it was written
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was written
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun tryWrite(size: Long, timeout: Duration, fill: (Segment) -> Unit): Boolean =
        write(size, checkWait(timeout.inWholeNanoseconds, "tryWrite"), fill)

    /**
     * Writes a chunk of [size] bytes, which [fill] fills, and waits until there is room for it. Throws what [tryWrite]
     * does, and:
     *
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was written
     */
    @JvmSynthetic
    public fun write(size: Long, fill: (Segment) -> Unit) {
        val _ = write(size, Long.MAX_VALUE, fill)
    }

    /**
     * [write] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws MappedRingTimeoutException when [timeout] passed first; nothing was written
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun write(size: Long, timeout: Duration, fill: (Segment) -> Unit) {
        val nanos = checkWait(timeout.inWholeNanoseconds, "tryWrite")
        if (!write(size, nanos, fill)) throw noRoomInTime(this, size, nanos)
    }

    private fun write(size: Long, nanos: Long, fill: (Segment) -> Unit): Boolean {
        if (size !in 0..maxChunk) throw impossibleChunk(this, size)
        return guarded {
            val chunk = chunks.claim(size, nanos)
            if (chunk == RingChunks.NONE) return false
            try {
                manager.filling(chunk + RingLayout.HEADER, size, fill)
            } catch (failure: Throwable) {
                chunks.skip(chunk)
                throw failure
            }
            chunks.commit(chunk)
            true
        }
    }

    // ---- reading ----

    /**
     * Reads the next chunk with [action], if there is one.
     *
     * @return whether there was one; false also when the next one is still being written
     * @throws ManagerClosedException when the manager is closed
     * @throws MappedFileDamagedException when the words of the ring contradict each other
     */
    @JvmSynthetic
    public fun tryRead(action: (Segment) -> Unit): Boolean = read(0L, action)

    /**
     * [tryRead] that waits up to [timeout] for a chunk.
     *
     * @return whether one was read
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was read
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun tryRead(timeout: Duration, action: (Segment) -> Unit): Boolean =
        read(checkWait(timeout.inWholeNanoseconds, "tryRead"), action)

    /**
     * Reads the next chunk with [action], and waits until there is one. Throws what [tryRead] does, and:
     *
     * @throws InterruptedException when the thread was interrupted while it waited; nothing was read
     */
    @JvmSynthetic
    public fun read(action: (Segment) -> Unit) {
        val _ = read(Long.MAX_VALUE, action)
    }

    /**
     * [read] that waits up to [timeout]. Throws what it does, and:
     *
     * @throws MappedRingTimeoutException when [timeout] passed first; nothing was read
     * @throws InvalidTimeoutException when [timeout] is not positive
     */
    @JvmSynthetic
    public fun read(timeout: Duration, action: (Segment) -> Unit) {
        val nanos = checkWait(timeout.inWholeNanoseconds, "tryRead")
        if (!read(nanos, action)) throw noChunkInTime(this, nanos)
    }

    private fun read(nanos: Long, action: (Segment) -> Unit): Boolean = guarded {
        val chunk = chunks.take(nanos)
        if (chunk == RingChunks.NONE) return false
        try {
            manager.viewing(chunk + RingLayout.HEADER, chunks.sizeOf(chunk), action)
        } finally {
            chunks.finish(chunk)
        }
        true
    }

    /**
     * Reads the chunks that are there with [action], one by one, at most [limit] of them; returns how many. Throws what
     * [tryRead] does.
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun drain(limit: Int = Int.MAX_VALUE, action: (Segment) -> Unit): Int {
        var count = 0
        while (count < limit && tryRead(action)) count++
        return count
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

    /** The name, the bytes and the file, for logs. */
    override fun toString(): String = "MappedRing '$name' of $capacity bytes in ${manager.path}"

    /** Makes and opens rings. */
    public companion object {
        private val KIND = RootedKind("ring", RingLayout.KIND, RingLayout.VERSION)

        /**
         * Opens the ring that the root [name] leads to; makes an empty one with at least [capacity] bytes, the next
         * power of two, where there is no such root, also where several processes do this at once. A ring that is there
         * keeps the capacity that it has.
         *
         * @throws InvalidSizeException when [capacity] is not positive, or above 1 TiB
         * @throws MappedFileFormatException when the root leads to something else, or to a ring of a newer version
         * @throws MappedFileDamagedException when the ring has an impossible capacity
         * @throws MappedFileLimitException when this session holds as many linked blocks as it can
         * @throws MappedFileReadOnlyException when the manager only reads
         * @throws MemoryExhaustedException when there is no room for a new one
         */
        @JvmStatic
        public fun open(manager: MappedMemoryManager, name: String, capacity: Long): MappedRing {
            val session = manager.session
            val wanted = ringCapacity(name, capacity)
            val chunks = KIND.open(
                manager,
                name,
                RingLayout.bytes(wanted),
                session.rings,
                { words, at -> words.set(at + RingLayout.CAPACITY_AT, wanted) },
            ) { RingChunks(session, it) }
            return MappedRing(manager, name, chunks)
        }
    }
}
