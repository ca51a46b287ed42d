package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.Resize
import dev.leasehold.memory.internal.manager.BlockMessages
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.hex

/**
 * Memory that is owned through a reference count, from a manager's `allocate`.
 *
 * **Ownership.** The code that allocates a block holds one reference to it. [retain] adds one, [close] gives one back,
 * and the block is freed exactly when the last goes: a count that has reached zero is never revived. Two blocks are
 * equal only when they are the same.
 * **Threads.** All functions may be called from any thread that holds a reference. What one thread wrote before it
 * handed the block over (through a queue, a lock, a started thread) is seen by the thread that takes it.
 * **Address.** [address] is fixed for the block's life; [resize] returns another block where the bytes had to move.
 * **Zeroed.** Only when that was requested.
 * **Views.** [withSegment] for the bytes; [keptSegment] where a view must be kept. See [MemoryHolder].
 * **Cost.** A few nanoseconds to allocate and close on one thread; an atomic operation more for each [retain] and
 * [close] of blocks that travel, and tens of microseconds when another thread first counts a thread's blocks.
 *
 * @sample dev.leasehold.memory.samples.countedBlock
 */
public open class Block internal constructor(
    /** The manager that this was allocated from. */
    public val manager: MemoryManager,
    bias: Bias?,
    generation: Int,
    source: HeldSource,
    address: Long,
    size: Long,
    kind: Int,
    attachment: Attachment?,
) : MemoryHolder(bias, generation, source, address, size, kind, attachment) {
    /** How many references there are: a moment's truth, for diagnosis. 0 when the block is closed. */
    public val refCount: Int get() = if (source.state.cleared) 0 else references

    /**
     * Adds a reference, which its taker gives back with [close]. Only a thread that knows of a reference that lives on
     * meanwhile can be sure that it succeeds, so retain before you hand over.
     *
     * **Threads.** Any. **Cost.** See [Block].
     *
     * @return this block
     * @throws BlockClosedException when the last reference is gone
     */
    @IgnorableReturnValue
    public open fun retain(): Block {
        if (!tryRetain()) refuseClosed("retained")
        return this
    }

    /** [retain], or false, and nothing changed, when the last reference is gone. */
    public fun tryRetain(): Boolean = !source.state.cleared && tryReference()

    /**
     * Gives one reference back; the last one frees the memory. Does nothing when the manager has taken all of its
     * blocks back ([MemoryManager.clear]).
     *
     * **Threads.** Any. **Cost.** A few nanoseconds; see [keptSegment] for what a kept view adds to the last close.
     *
     * @throws BlockClosedException when there was none left to give back: it was closed more often than it was retained
     * @throws GuardBytesException when this was the last reference, in a checked manager, and the bytes around the
     *   block were overwritten; the block *is* freed
     * @throws MemoryBusyException while a native call or an input/output operation uses a [kept view][keptSegment] that
     *   has to be cut off now; the reference is kept, so close again afterwards
     */
    override fun close() {
        val left = freeingLast { releaseOne() }
        // To close what was taken back is no mistake.
        if (left == NONE && !source.state.cleared) refuseClosed("closed")
    }

    /**
     * Makes [budget] pay for the block in place of the manager's own, until it is freed or its charge is moved again.
     * The block stays the manager's; when it is resized and must move, the manager's budget pays for the new one.
     *
     * **Threads.** Any that holds a reference. **Cost.** A lock on the tree of budgets.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws BudgetExceededException when [budget], or one above it, has no room; nothing has changed
     * @throws BudgetClosedException when [budget] is closed
     * @throws MemoryBusyException when another thread is resizing or transferring the block just now
     */
    public fun transferTo(budget: MemoryBudget) {
        beginTurn("used")
        try {
            // A block without bytes costs nothing.
            if (blockBytes > 0) charge { before -> budget.prepareTransfer(before, source.state, blockBytes, size) }
        } finally {
            endTurn()
            leave()
        }
    }

    /**
     * Gives the block [newSize] bytes and keeps its content up to the smaller size.
     *
     * | the block | what happens | the result |
     * |---|---|---|
     * | has space in its size class, or free pages behind it | changes in place, for all holders | this block |
     * | must move, and has one holder | the bytes move | a new block; this one is closed |
     * | must move, and has several | the bytes are copied | a new block; the others keep this one as it was |
     *
     * The bytes move by copy, or, from a mebibyte on, without one where the system can remap pages (Linux). A block
     * that must move gives the caller's reference to it back.
     *
     * Go on with the result, and with nothing else: `block = block.resize(n)`. Where it is a new block, it has one
     * reference, the caller's.
     *
     * **Views.** A [kept view][keptSegment] keeps the size that it was taken with. It lives on where the block stays in
     * place, and for those that keep the old block; it is cut off where the bytes moved away, or where a large block's
     * tail goes back.
     * **Threads.** Holders must not resize one block at the same time; the second is refused.
     * **Zeroed.** What is new behind the old content, if [zeroed]; else it is what lay there.
     * **Cost.** Nothing to speak of in place; a copy; or, remapped, tens of microseconds for any size.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws InvalidSizeException when [newSize] is negative or above the manager's
     *   [maxAllocation][MemoryManager.maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it; the block is as it was, but a kept view of
     *   a large one may have been cut off
     * @throws ManagerClosedException when the block must be copied and its manager is closed
     * @throws GuardBytesException when the block has moved, there was no other holder, its manager is checked and the
     *   bytes around it were overwritten; the block is freed, and there is no new one
     * @throws MemoryBusyException when another thread is resizing or transferring the block just now, or while a native
     *   call or an input/output operation uses a kept view of a block that must move; the block is as it was
     * @sample dev.leasehold.memory.samples.growingBuffer
     */
    @JvmOverloads
    public open fun resize(newSize: Long, zeroed: Boolean = false): Block {
        manager.requireSize(newSize)
        return resizing(Resize(this, ::movedTo) { manager.allocate(Request(it, alignment)) }, newSize, zeroed)
    }

    private fun movedTo(newSize: Long) = Block(manager, null, 0, source, 0, newSize, kindWith(code), null)

    /** Runs [resize], and says whose view is in its way when one is. */
    internal fun <B : Block> resizing(resize: Resize<B>, newSize: Long, zeroed: Boolean): B = try {
        resize.run(newSize, zeroed)
    } catch (inUse: IllegalStateException) {
        refuseInUse(inUse)
    }

    /** Zeroes all bytes. */
    internal fun zeroAll() {
        if (size > 0) Segment.of(viewIn(null)).zero()
    }

    /** What kind it is, for a manager whose blocks lie in a file. */
    internal val codeInFile: Int get() = code

    internal override fun describe(): String = source.describe(address, size)

    internal override fun refuseClosed(verb: String): Nothing {
        val message = if (source.state.cleared) {
            BlockMessages.cleared(describe(), owner, verb)
        } else {
            BlockMessages.closed(describe(), owner, verb, attachment?.trace)
        }
        val failure = BlockClosedException(message, owner.name, size)
        throw Trace.misuse(owner, attachment?.trace, failure)
    }

    /** The size, the place, the references and the manager, for logs. */
    override fun toString(): String = "Block(${bytes(size)} at ${hex(address)}, ${state()}, manager '${manager.name}')"

    /** `closed`, or how many references there are. */
    internal fun state(): String = if (isClosed) "closed" else counted(refCount.toLong(), "reference")
}
