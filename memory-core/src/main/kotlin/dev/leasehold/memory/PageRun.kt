package dev.leasehold.memory

import dev.leasehold.memory.internal.access.AccessFailures.hex
import dev.leasehold.memory.internal.access.counted
import dev.leasehold.memory.internal.engine.PageHome
import java.lang.foreign.MemorySegment

/**
 * Pages that lie together and are found by number, from a manager's `allocatePages`: what structures are built on that
 * refer to their parts by ids and not by addresses.
 *
 * **Ids.** Each page has one; those of a run are consecutive and begin with [id]. An id is never an address: what refers
 * to a page by its id needs no rewriting where the same pages lie elsewhere, as those of a mapped file do each time that it
 * is opened. The id of a page stays the same for as long as the run lives, and leads to the run and to nothing else:
 * see [findPages][MemoryManager.findPages]. When the run is gone it leads nowhere, until the same page is allocated again;
 * it never leads to pages of another manager. Ids are positive.
 * **Ownership.** As a [Block]: whoever allocates a run, or finds one, holds a reference and gives it back with [close]; the
 * pages are freed exactly when the last goes. Until then the manager keeps the run itself too, so an id is enough to come
 * back to it.
 * **Threads.** All functions may be called from any thread that holds a reference. What one thread wrote before it handed
 * the run, or an id, over (through a queue, a lock, a started thread) is seen by the thread that takes it.
 * **Zeroed.** Not: the pages hold what their last user left.
 * **After the last close**, or a [clear][MemoryManager.clear] of the manager, the run refuses, and every view of it throws.
 * **Cost.** A lock to allocate and to free. Closing a run whose views any thread may have costs a handshake with all
 * threads (tens of microseconds); [withSegment] has no such price.
 */
public class PageRun internal constructor(
    // The one count of references. Not shown, because what resizes it must keep the ids.
    @PublishedApi @get:JvmSynthetic internal val block: Block,
    private val home: PageHome,
    private val source: PageSource,
) : AutoCloseable {
    /** The id of the first page; the others follow it. */
    public val id: Long get() = home.id

    /** How many pages there are. Changes only by a [resize] in place. */
    public val count: Int get() = (block.size / home.pageSize).toInt()

    /** How many bytes the pages have together. Changes only by a [resize] in place. */
    public val size: Long get() = block.size

    /** The manager that this was allocated from. */
    public val manager: MemoryManager get() = block.manager

    /** Where the first byte lies in the process's address space: a multiple of the page size, fixed for the run's life. */
    public val address: Long get() = block.address

    /** How many references there are: a moment's truth, for diagnosis. 0 when the run is closed. */
    public val refCount: Int get() = block.refCount

    /** Whether the last reference is gone. Another thread may give it back at any moment: for diagnosis only. */
    public val isClosed: Boolean get() = block.isClosed

    /**
     * The bytes of all pages, for any thread. The view may be kept, handed over and used anywhere as long as the run is
     * held; it throws from the last close on.
     *
     * @throws BlockClosedException when the last reference is gone
     */
    @get:JvmSynthetic
    public val segment: Segment get() = block.segment

    /**
     * The bytes as the platform's type, for any thread: the named crossing, and what Java uses. See [segment].
     *
     * @throws BlockClosedException when the last reference is gone
     */
    public fun asMemorySegment(): MemorySegment = block.asMemorySegment()

    /**
     * Lets [action] use the bytes on this thread, holds the run meanwhile, and cuts every view off when it returns. The
     * fastest way to use a run; see [Block.withSegment]. For Java there is `Memory.withMemorySegment`.
     *
     * @throws BlockClosedException when the last reference is gone
     */
    @JvmSynthetic
    public inline fun <R> withSegment(crossinline action: (Segment) -> R): R = block.withSegment(action)

    /**
     * How many bytes into the run the page [id] begins.
     *
     * @throws IndexOutOfBoundsException when the run has no such page
     */
    public fun offsetOf(id: Long): Long {
        val page = id - this.id
        if (page !in 0..<count) throw IndexOutOfBoundsException(PageRefusals.notIn(id, ids))
        return page * home.pageSize
    }

    /**
     * Adds a reference, which its taker gives back with [close].
     *
     * @return this run
     * @throws BlockClosedException when the last reference is gone
     */
    @IgnorableReturnValue
    public fun retain(): PageRun {
        block.retain()
        return this
    }

    /** [retain], or false when the last reference is gone. */
    public fun tryRetain(): Boolean = block.tryRetain()

    /**
     * Gives one reference back; the last one frees the pages, and their ids lead nowhere from then on.
     *
     * @throws BlockClosedException when there was none left to give back
     * @throws IllegalStateException while a native call or an input/output operation uses a view from [segment]; the
     *   reference is kept
     */
    override fun close(): Unit = block.close()

    /**
     * Makes [budget] pay for the run in place of the manager's own, until it is freed or moved on; the manager it stays
     * with. Where the run is given another size it moves, and the new one is paid for by the manager's budget again.
     *
     * Costs a lock on the tree of budgets. Not while another thread may be giving the last reference back.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws BudgetExceededException when [budget], or one above it, has no room; nothing has changed
     * @throws BudgetClosedException when [budget] is closed
     * @throws BlockBusyException when another thread is resizing or transferring the run just now
     */
    public fun transferTo(budget: MemoryBudget): Unit = block.transferTo(budget)

    /**
     * Gives the run [count] pages and keeps the content up to the smaller size.
     *
     * | the run | what happens | the answer |
     * |---|---|---|
     * | grows, and enough pages behind it are free | it grows where it lies, for all holders | this run |
     * | shrinks, and the caller is the only holder | its tail is freed, and all views from [segment] are cut off | this run |
     * | else | the bytes are copied; the caller's reference to this run is given back, and others keep it as it was | a new run, with other ids |
     *
     * Go on with the answer, and with nothing else: `run = run.resize(n)`. Where its [id] is another than before, all that
     * refers to the pages by id must follow.
     *
     * **Views** from [segment] keep the size that they were taken with.
     * **Threads.** Holders must not resize one run at the same time; the second is refused.
     * **Zeroed.** What is new behind the old content, if [zeroed]; else it is whatever lay there.
     * **Cost.** A lock in place, else an allocation and a copy.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws BlockBusyException when another thread is resizing the run just now
     * @throws InvalidSizeException when [count] is not positive, or above what the manager's
     *   [limit][MemoryManager.limit] allows or a run can have
     * @throws MemoryExhaustedException when a limit or the system stops it; the run is as it was
     * @throws ManagerClosedException when the run must be copied and its manager is closed
     * @throws IllegalStateException while a native call or an input/output operation uses a view of a run that shrinks;
     *   it is as it was
     */
    @JvmOverloads
    public fun resize(count: Int, zeroed: Boolean = false): PageRun {
        val mover = PageMover(source, count)
        val bytes = count * home.pageSize
        try {
            val _ = block.resize(mover, bytes, zeroed)
        } catch (refusal: MemoryExhaustedException) {
            // There was no room for both. All that is idle came back for that, what lay behind this run perhaps too.
            mover.refusal = refusal
            val _ = block.resize(mover, bytes, zeroed)
        }
        return mover.moved ?: this
    }

    private val ids: String get() = home.idsOf(count)

    /** The ids, the size, the place, the references and the manager, for logs. */
    override fun toString(): String {
        val state = if (isClosed) "closed" else counted(refCount.toLong(), "reference")
        return "PageRun($ids, $size bytes at ${hex(address)}, $state, manager '${manager.name}')"
    }
}
