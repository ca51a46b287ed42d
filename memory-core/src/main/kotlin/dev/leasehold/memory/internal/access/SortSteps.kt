package dev.leasehold.memory.internal.access

// The steps of ElementSorter, for any type of element: `load` gives the key at an index, `store` puts one there.
// `high` is always exclusive.

/** From this many elements on a pivot is chosen out of nine, not out of three. */
internal const val NINTHER_LIMIT: Long = 256

internal inline fun settleRunBy(low: Long, high: Long, load: (Long) -> Long, store: (Long, Long) -> Unit): Boolean {
    var end = low + 1
    while (end < high && load(end - 1) <= load(end)) end++
    if (end == high) return true
    if (load(low) < load(end - 1)) return false
    while (end < high && load(end - 1) >= load(end)) end++
    if (end < high) return false
    var left = low
    var right = high - 1
    while (left < right) {
        val key = load(left)
        store(left++, load(right))
        store(right--, key)
    }
    return true
}

internal inline fun insertionSortBy(low: Long, high: Long, load: (Long) -> Long, store: (Long, Long) -> Unit) {
    for (index in low + 1 until high) {
        val key = load(index)
        var hole = index
        while (hole > low) {
            val before = load(hole - 1)
            if (before <= key) break
            store(hole, before)
            hole--
        }
        store(hole, key)
    }
}

/**
 * Hoare's partition (1962) by the value of a median. Three samples at different places see to it that neither part is
 * empty: two of them are not less than the median, two not greater, so the indices meet before the last element.
 */
internal inline fun partitionBy(low: Long, high: Long, load: (Long) -> Long, store: (Long, Long) -> Unit): Long {
    val pivot = pivotOf(low, high, load)
    var left = low
    var right = high - 1
    while (true) {
        var leftKey = load(left)
        while (leftKey < pivot) leftKey = load(++left)
        var rightKey = load(right)
        while (rightKey > pivot) rightKey = load(--right)
        if (left >= right) return right + 1
        store(left++, rightKey)
        store(right--, leftKey)
    }
}

/** The median of three samples or, in a long part, of three such medians: Tukey's ninther. */
internal inline fun pivotOf(low: Long, high: Long, load: (Long) -> Long): Long {
    val middle = low + (high - low) / 2
    val last = high - 1
    if (high - low < NINTHER_LIMIT) return medianOf(load(low), load(middle), load(last))
    val step = (high - low) / 8
    return medianOf(
        medianOf(load(low), load(low + step), load(low + 2 * step)),
        medianOf(load(middle - step), load(middle), load(middle + step)),
        medianOf(load(last - 2 * step), load(last - step), load(last)),
    )
}

internal fun medianOf(a: Long, b: Long, c: Long): Long = maxOf(minOf(a, b), minOf(maxOf(a, b), c))

/** Floyd's heap sort (1964). */
internal inline fun heapSortBy(low: Long, high: Long, load: (Long) -> Long, store: (Long, Long) -> Unit) {
    val size = high - low
    var root = size / 2
    var end = size
    while (end > 1) {
        // First every root with children is let sink, from the last one up; then the greatest leaves the heap, again
        // and again.
        val key: Long
        if (root > 0) {
            root--
            key = load(low + root)
        } else {
            end--
            key = load(low + end)
            store(low + end, load(low))
        }
        var hole = root
        while (true) {
            var child = 2 * hole + 1
            if (child >= end) break
            var childKey = load(low + child)
            if (child + 1 < end) {
                val other = load(low + child + 1)
                if (other > childKey) {
                    childKey = other
                    child++
                }
            }
            if (childKey <= key) break
            store(low + hole, childKey)
            hole = child
        }
        store(low + hole, key)
    }
}
