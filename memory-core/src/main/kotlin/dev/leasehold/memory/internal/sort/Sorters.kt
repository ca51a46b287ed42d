package dev.leasehold.memory.internal.sort

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

internal class ShortSorter(private val raw: MemorySegment) : ElementSorter() {
    private fun load(index: Long): Long = raw.get(JAVA_SHORT_UNALIGNED, index shl 1).toLong()

    private fun store(index: Long, key: Long) = raw.set(JAVA_SHORT_UNALIGNED, index shl 1, key.toShort())

    override fun settleRun(size: Long) = settleRunBy(size, ::load, ::store)

    override fun insertionSort(low: Long, high: Long) = insertionSortBy(low, high, ::load, ::store)

    override fun heapSort(low: Long, high: Long) = heapSortBy(low, high, ::load, ::store)

    override fun partition(low: Long, high: Long) = partitionBy(low, high, ::load, ::store)
}

internal class CharSorter(private val raw: MemorySegment) : ElementSorter() {
    private fun load(index: Long): Long = raw.get(JAVA_CHAR_UNALIGNED, index shl 1).code.toLong()

    private fun store(index: Long, key: Long) = raw.set(JAVA_CHAR_UNALIGNED, index shl 1, key.toInt().toChar())

    override fun settleRun(size: Long) = settleRunBy(size, ::load, ::store)

    override fun insertionSort(low: Long, high: Long) = insertionSortBy(low, high, ::load, ::store)

    override fun heapSort(low: Long, high: Long) = heapSortBy(low, high, ::load, ::store)

    override fun partition(low: Long, high: Long) = partitionBy(low, high, ::load, ::store)
}

internal class IntSorter(private val raw: MemorySegment) : ElementSorter() {
    private fun load(index: Long): Long = raw.get(JAVA_INT_UNALIGNED, index shl 2).toLong()

    private fun store(index: Long, key: Long) = raw.set(JAVA_INT_UNALIGNED, index shl 2, key.toInt())

    override fun settleRun(size: Long) = settleRunBy(size, ::load, ::store)

    override fun insertionSort(low: Long, high: Long) = insertionSortBy(low, high, ::load, ::store)

    override fun heapSort(low: Long, high: Long) = heapSortBy(low, high, ::load, ::store)

    override fun partition(low: Long, high: Long) = partitionBy(low, high, ::load, ::store)
}

internal class LongSorter(private val raw: MemorySegment) : ElementSorter() {
    private fun load(index: Long): Long = raw.get(JAVA_LONG_UNALIGNED, index shl 3)

    private fun store(index: Long, key: Long) = raw.set(JAVA_LONG_UNALIGNED, index shl 3, key)

    override fun settleRun(size: Long) = settleRunBy(size, ::load, ::store)

    override fun insertionSort(low: Long, high: Long) = insertionSortBy(low, high, ::load, ::store)

    override fun heapSort(low: Long, high: Long) = heapSortBy(low, high, ::load, ::store)

    override fun partition(low: Long, high: Long) = partitionBy(low, high, ::load, ::store)
}
