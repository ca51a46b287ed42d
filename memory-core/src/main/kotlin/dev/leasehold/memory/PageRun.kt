package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Resize
import dev.leasehold.memory.internal.manager.PageMessages
import dev.leasehold.memory.internal.platform.hex

/**
 * Pages that lie together and are found by number, from a manager's `allocatePages`: what structures are built on that
 * refer to their parts by ids and not by addresses.
 *
 * **Ids.** Each page has one; those of a run are consecutive and begin with [id]. An id is never an address: what
 * refers to a page by its id needs no rewriting where the same pages lie elsewhere, as those of a mapped file do each
 * time that it is opened. The id of a page stays the same for as long as the run lives, and leads to the run and to
 * nothing else: see [findPages][MemoryManager.findPages]. When the run is gone it leads nowhere, until the same page is
 * allocated again; it never leads to pages of another manager. Ids are positive.
 * **Ownership.** As a [Block]: the code that allocates a run, or finds one, holds a reference and gives it back with
 * [close]; the pages are freed exactly when the last goes. Until then the manager keeps the run itself too, so an id is
 * enough to come back to it.
 * **Threads, zeroing, views.** As a [Block].
 * **Cost.** A lock to allocate and to free. Closing a run with a [kept view][keptSegment] costs a handshake with all
 * threads (tens of microseconds); [withSegment] has no such price.
 */
public class PageRun internal constructor(
    manager: MemoryManager,
    private val pages: PageSource,
    size: Long,
    attachment: Attachment?,
) : Block(manager, null, 0, pages, pages.address, size, BlockKind.LARGE, attachment) {
    /** The id of the first page; the others follow it. */
    public val id: Long get() = pages.id

    /** How many pages there are. Changes only by a [resizePages] in place. */
    public val count: Int get() = (size / pages.pageSize).toInt()

    /**
     * How many bytes into the run the page [id] begins.
     *
     * @throws IndexOutOfBoundsException when the run has no such page
     */
    public fun offsetOf(id: Long): Long {
        if (!has(id)) throw IndexOutOfBoundsException(PageMessages.notIn(id, pages.idsOf(count)))
        return (id - this.id) * pages.pageSize
    }

    internal fun has(id: Long): Boolean = id - this.id in 0..<count

    /** [Block.retain], with this run as the result. */
    @IgnorableReturnValue
    override fun retain(): PageRun {
        super.retain()
        return this
    }

    /**
     * [resizePages] to as many bytes.
     *
     * @throws InvalidSizeException when [newSize] is not a positive multiple of the page size, or above what the
     *   manager's [limit][MemoryManager.limit] allows or a run can have
     */
    override fun resize(newSize: Long, zeroed: Boolean): PageRun {
        val count = newSize / pages.pageSize
        if (newSize % pages.pageSize != 0L || count > Int.MAX_VALUE) {
            throw InvalidSizeException(PageMessages.noPages(owner, newSize, pages.pageSize), newSize)
        }
        return resizePages(count.toInt(), zeroed)
    }

    /**
     * Gives the run [count] pages and keeps the content up to the smaller size.
     *
     * | the run | what happens | the result |
     * |---|---|---|
     * | grows, and enough pages behind it are free | it grows where it lies, for all holders | this run |
     * | shrinks, and the caller is the only holder | its tail is freed, and a kept view is cut off | this run |
     * | else | the bytes are copied; the caller's reference to this run is given back | a new run, with other ids |
     *
     * Other holders of a run that was copied keep it as it was.
     *
     * Go on with the result, and with nothing else: `run = run.resizePages(n)`. Where its [id] is another than before,
     * all that refers to the pages by id must follow.
     *
     * **Views.** A [kept view][keptSegment] keeps the size that it was taken with.
     * **Threads.** Holders must not resize one run at the same time; the second is refused.
     * **Zeroed.** What is new behind the old content, if [zeroed]; else it is what lay there.
     * **Cost.** A lock in place, else an allocation and a copy.
     *
     * @throws BlockClosedException when the last reference is gone
     * @throws InvalidSizeException when [count] is not positive, or above what the manager's
     *   [limit][MemoryManager.limit] allows or a run can have
     * @throws MemoryExhaustedException when a limit or the system stops it; the run is as it was
     * @throws ManagerClosedException when the run must be copied and its manager is closed
     * @throws MemoryBusyException when another thread is resizing or transferring the run just now, or while a native
     *   call or an input/output operation uses a kept view of a run that shrinks; it is as it was
     */
    @JvmOverloads
    public fun resizePages(count: Int, zeroed: Boolean = false): PageRun {
        manager.requirePages(count)
        return try {
            resizeOnce(count, zeroed) { manager.allocatePages(count) }
        } catch (refusal: MemoryExhaustedException) {
            // There was no room for both. All that is idle came back for that, what lay behind this run perhaps too.
            resizeOnce(count, zeroed) { throw refusal }
        }
    }

    private fun resizeOnce(count: Int, zeroed: Boolean, allocate: () -> PageRun): PageRun {
        val resize = Resize(this, { error("pages are not remapped") }, { allocate() })
        return resizing(resize, count * pages.pageSize, zeroed)
    }

    /** The ids, the size, the place, the references and the manager, for logs. */
    override fun toString(): String =
        "PageRun(${pages.idsOf(count)}, $size bytes at ${hex(address)}, ${state()}, manager '${manager.name}')"
}
