package dev.leasehold.memory.internal.access

/**
 * Sorts elements where they lie.
 *
 * It is introsort (Musser, "Introspective Sorting and Selection Algorithms", 1997): quicksort with Hoare's partition,
 * which swaps equal elements and therefore halves a run of them; insertion sort for short parts; heap sort for a part
 * on which quicksort has gone astray, so that no input costs more than n log n. A part that is sorted already, or
 * backwards, is recognised and costs one look at each element, so input that is nearly sorted stays cheap; elsewhere
 * the look ends after a few elements.
 *
 * A subclass stands for one element type. It makes the four steps below out of the inline functions in
 * `SortSteps.kt`, so each type has its own inner loops with its accesses inlined into them, and only the coarse steps
 * are virtual calls. Elements travel as [Long] keys that compare as the elements do.
 *
 * Rejected: a comparator over indices (a virtual call for each comparison, which turns megamorphic with the third
 * element type), and sorting a copy on the heap (twice the memory, and the heap is what this library keeps free).
 */
internal abstract class ElementSorter {
    /**
     * Whether the elements between [low] and [high] (exclusive) are in order now: they were, or they were in
     * reverse order and have been turned.
     */
    protected abstract fun settleRun(low: Long, high: Long): Boolean

    protected abstract fun insertionSort(low: Long, high: Long)

    protected abstract fun heapSort(low: Long, high: Long)

    /**
     * Moves elements between [low] and [high] (exclusive) so that none before the index returned is greater than any
     * from it on. Neither part is empty.
     */
    protected abstract fun partition(low: Long, high: Long): Long

    /** Sorts the first [size] elements. */
    fun sort(size: Long) {
        sort(0, size, 2 * (Long.SIZE_BITS - size.countLeadingZeroBits()))
    }

    /** Recurses into the smaller part and goes on with the larger one, so the stack stays logarithmic. */
    private fun sort(from: Long, to: Long, partitions: Int) {
        var low = from
        var high = to
        var left = partitions
        while (high - low > INSERTION_LIMIT) {
            if (settleRun(low, high)) return
            if (left-- == 0) return heapSort(low, high)
            val split = partition(low, high)
            if (split - low < high - split) {
                sort(low, split, left)
                low = split
            } else {
                sort(split, high, left)
                high = split
            }
        }
        insertionSort(low, high)
    }

    private companion object {
        private const val INSERTION_LIMIT = 32
    }
}
