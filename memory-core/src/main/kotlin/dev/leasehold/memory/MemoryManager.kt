package dev.leasehold.memory

/**
 * Where blocks come from: memory that somebody owns for as long as anybody refers to it.
 *
 * A pool *rents* for a moment; a manager *allocates* what lives on: caches, indexes, buffers that travel.
 *
 * | | made by | for |
 * |---|---|---|
 * | the process's own | [MemoryManager.system] | whoever needs no figures and no limit of their own; it cannot be closed |
 * | in process | [SystemMemoryManager] | one subsystem: own limit, own figures, own memory |
 *
 * **Ownership.** Whoever makes a manager closes it. A block stays valid when its manager is closed, and is freed without
 * mention of it.
 * **Threads.** All functions may be called from any thread, also virtual ones.
 * **Zeroed.** Only where [allocateZeroed] or `zeroed = true` says so.
 * **Cost.** A few nanoseconds for an [allocate] and its close on one thread, up to some 32 KiB; see there.
 *
 * @sample dev.leasehold.memory.samples.countedBlock
 */
public abstract class MemoryManager internal constructor(
    /** The name that figures and errors carry. */
    public val name: String,
) : AutoCloseable {
    /** The budget that this draws on. */
    public abstract val budget: MemoryBudget

    /** The most bytes that this manager may hold from the system; [Long.MAX_VALUE] when only its [budget] bounds it. */
    public abstract val limit: Long

    /** The most bytes that one block may have. */
    public abstract val maxAllocation: Long

    /** Whether the manager refuses to allocate because it has been closed. A moment's truth, for diagnosis. */
    public abstract val isClosed: Boolean

    /**
     * Allocates a block of [size] bytes, from 0 to beyond 2 GiB.
     *
     * **Ownership.** The caller holds the one reference to it, and closes it.
     * **Threads.** Any; so is the block's.
     * **Address.** A multiple of 16, from 64 bytes up of 64. A block without bytes costs nothing but the object.
     * **Zeroed.** Not: the bytes are what the memory's last user left.
     * **Cost.** A few nanoseconds when the thread's cache has a block, else a lock once for many blocks; from a mebibyte
     * on a call of the system, unless one such block is idle.
     *
     * @throws InvalidSizeException when [size] is negative or above [maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public abstract fun allocate(size: Long): Block

    /**
     * [allocate] at an address that is a multiple of [alignment].
     *
     * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
     * @throws InvalidSizeException when [size] is negative or above [maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public abstract fun allocate(size: Long, alignment: Long): Block

    /**
     * [allocate] of bytes that are zero.
     *
     * **Cost.** About 20 ns more for 4 KiB.
     *
     * @throws InvalidSizeException when [size] is negative or above [maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public abstract fun allocateZeroed(size: Long): Block

    /**
     * [allocateZeroed] at an address that is a multiple of [alignment].
     *
     * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
     * @throws InvalidSizeException when [size] is negative or above [maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public abstract fun allocateZeroed(size: Long, alignment: Long): Block

    /** How many bytes a page of [allocatePages] has: a power of two, the system's own unit. */
    public abstract val pageSize: Long

    /**
     * Allocates [count] pages that lie together, which are found by number: see [PageRun].
     *
     * **Ownership.** The caller holds the one reference to the run, and closes it.
     * **Zeroed.** Not: the pages hold what their last user left.
     * **Cost.** A lock; a call of the system when no pages are idle.
     *
     * @throws InvalidSizeException when [count] is not positive, or above what the [limit] allows or a run can have
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public abstract fun allocatePages(count: Int): PageRun

    /**
     * The run that has the page [id], with one more reference, which the caller gives back with [close][PageRun.close]; or
     * null when no run of this manager has the page, or the run's last reference is gone: nothing that has ended comes back.
     *
     * `findPages(id)?.use { … }` is safe at any time and from any thread, against the last [close][PageRun.close] too: it
     * either holds the run or has none. Also on a closed manager, whose runs stay valid.
     *
     * **Cost.** Two lookups without a lock, and a reference taken and given back: some tens of nanoseconds.
     */
    public abstract fun findPages(id: Long): PageRun?

    /** The figures of this moment. **Cost.** A walk over the threads' caches: for monitoring, not for the hot path. */
    public abstract fun stats(): ManagerStatistics

    /**
     * Gives idle memory back to the system and answers how many bytes went.
     *
     * Afterwards only pages that hold a block, or the quarantined bytes of one, are reserved.
     *
     * **Cost.** A handshake with all threads (tens of microseconds) and one call of the system for each region that goes.
     *
     * @return how many bytes are reserved less than before
     */
    @IgnorableReturnValue
    public abstract fun trim(): Long

    /**
     * Takes all blocks back at once, whoever holds them, and gives their memory to the system; the manager goes on.
     *
     * Every block that was allocated before is closed from then on: its views throw, it refuses to be used, and closing it
     * does nothing. A thread that is inside of a [Block.withSegment] finds zeros or what it writes itself, and nobody
     * else's bytes. For the end of a phase whose blocks nobody wants to count down.
     *
     * **Cost.** A handshake with all threads for every arena that is open (tens of microseconds each: one for every few
     * thousand small blocks, and one for every large one that views were taken of), and a call of the system for each region.
     *
     * @throws UnsupportedOperationException on [MemoryManager.system], whose blocks belong to others
     */
    public abstract fun clear()

    /**
     * Closes the manager: it allocates no more, and its idle memory goes back to the system at once. Blocks stay valid
     * and free their memory as they are closed. Closing again does nothing.
     *
     * @throws OutstandingBlocksException when blocks are still allocated; the manager *is* closed then
     * @throws UnsupportedOperationException on [MemoryManager.system], which belongs to the process
     */
    abstract override fun close()

    /** The name and the [stats] of this moment, for logs. */
    override fun toString(): String = "MemoryManager '$name' (${stats()})"

    /** Finds the process's manager. */
    public companion object {
        /** The process-wide manager: no limit of its own, nothing to configure, never closed. */
        @JvmStatic
        public fun system(): MemoryManager = SystemManager.instance
    }
}
