package dev.leasehold.memory.internal.access

/**
 * The index of an element that equals the key, or `-(insertion point) - 1`. [compare] says how the element at an
 * index compares to the key.
 */
internal inline fun binarySearchBy(size: Long, compare: (Long) -> Int): Long {
    var low = 0L
    var high = size - 1
    while (low <= high) {
        val middle = low + high ushr 1
        val order = compare(middle)
        when {
            order < 0 -> low = middle + 1
            order > 0 -> high = middle - 1
            else -> return middle
        }
    }
    return -(low + 1)
}
