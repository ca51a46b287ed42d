package dev.leasehold.memory.internal.slab

/**
 * One mapping cut into blocks of one class. Under the store's lock.
 *
 * Which blocks are free, and which pages the system has taken back, are two bitmaps on the heap: nothing is written
 * into free memory, so what a stale view could still write cannot harm the bookkeeping.
 */
internal class Slab(val address: Long, val bytes: Long, val classIndex: Int, private val page: Long) {
    private val blockSize = SizeClasses.sizeOf(classIndex)

    /** How many blocks there are. */
    val capacity: Int = (bytes / blockSize).toInt()

    private val free = Bits(capacity).apply { setAll() }
    private val discarded = Bits((bytes / page).toInt())

    /** How many blocks are free. */
    var freeCount: Int = capacity
        private set

    /** How many bytes the system has taken back. */
    val discardedBytes: Long get() = discarded.count * page

    val isEmpty: Boolean get() = freeCount == capacity

    /**
     * Takes a block, one whose pages are here if there is any. Pages that must come back are paid for with [reserve].
     *
     * @return its address, or 0 when none is free or the pages cannot be paid for
     */
    fun take(reserve: (Long) -> Boolean): Long {
        if (freeCount == 0) return 0
        val index = if (discarded.count == 0) free.nextSet(0) else nextResident(reserve)
        if (index < 0) return 0
        free.clear(index)
        freeCount--
        return address + index * blockSize
    }

    private fun nextResident(reserve: (Long) -> Boolean): Int {
        var index = free.nextSet(0)
        while (index >= 0) {
            if (discardedIn(index) == 0) return index
            index = free.nextSet(index + 1)
        }
        val first = free.nextSet(0)
        if (!reserve(discardedIn(first) * page)) return -1
        for (at in pagesOf(first)) discarded.clear(at)
        return first
    }

    private fun pagesOf(index: Int): IntRange {
        val from = index * blockSize
        return (from / page).toInt()..((from + blockSize - 1) / page).toInt()
    }

    private fun discardedIn(index: Int): Int = pagesOf(index).count { discarded[it] }

    /** Takes the block at [block] back. */
    fun giveBack(block: Long) {
        val index = ((block - address) / blockSize).toInt()
        check(!free[index]) { "the block at $block of class $classIndex came back twice" }
        free.set(index)
        freeCount++
    }

    /** Hands every run of whole free pages that are still here to [discard], and answers how many bytes went. */
    fun discardFreePages(discard: (address: Long, bytes: Long) -> Boolean): Long {
        val before = discarded.count
        val pages = (bytes / page).toInt()
        val held = heldPages(pages)
        var at = 0
        while (at < pages) {
            if (held[at] || discarded[at]) {
                at++
                continue
            }
            val from = at
            while (at < pages && !held[at] && !discarded[at]) at++
            if (!discard(address + from * page, (at - from) * page)) continue
            for (gone in from until at) discarded.set(gone)
        }
        return (discarded.count - before) * page
    }

    private fun heldPages(pages: Int): Bits {
        val held = Bits(pages)
        for (index in 0 until capacity) if (!free[index]) pagesOf(index).forEach(held::set)
        return held
    }
}
