package dev.leasehold.memory

/** What a run of pages asks of its manager when it changes its size. */
internal interface PageSource {
    /** Refuses a number of pages that no run may have. */
    fun requirePages(count: Int)

    /** [MemoryManager.allocatePages]. */
    fun allocatePages(count: Int): PageRun
}

/** Gives a run's block the pages of another run when it must move, and knows which. */
internal class PageMover(private val source: PageSource, private val count: Int) : BlockSource {
    /** The run that took the place of the first, if it had to move. */
    var moved: PageRun? = null
        private set

    override val exact: Boolean get() = true

    /** Why there is no other run, once that is known. */
    var refusal: MemoryExhaustedException? = null

    override fun requireSize(size: Long): Unit = source.requirePages(count)

    // Pages lie at multiples of the page size, whatever was asked for.
    override fun allocateFor(size: Long, alignment: Long): Block {
        refusal?.let { throw it }
        return source.allocatePages(count).also { moved = it }.block
    }
}
