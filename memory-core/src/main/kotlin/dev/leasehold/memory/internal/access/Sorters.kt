package dev.leasehold.memory.internal.access

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

// Each step reads `raw` into a local first: C2 cannot know that a store to native memory leaves the field as it is,
// and would load it again, with all that hangs on it, at every access.

internal class ShortSorter(private val raw: MemorySegment) : ElementSorter() {
    override fun settleRun(low: Long, high: Long): Boolean {
        val raw = raw
        return settleRunBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun insertionSort(low: Long, high: Long) {
        val raw = raw
        insertionSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun heapSort(low: Long, high: Long) {
        val raw = raw
        heapSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun partition(low: Long, high: Long): Long {
        val raw = raw
        return partitionBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    private fun load(raw: MemorySegment, index: Long): Long = raw.get(JAVA_SHORT_UNALIGNED, index shl 1).toLong()

    private fun store(raw: MemorySegment, index: Long, key: Long) =
        raw.set(JAVA_SHORT_UNALIGNED, index shl 1, key.toShort())
}

internal class CharSorter(private val raw: MemorySegment) : ElementSorter() {
    override fun settleRun(low: Long, high: Long): Boolean {
        val raw = raw
        return settleRunBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun insertionSort(low: Long, high: Long) {
        val raw = raw
        insertionSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun heapSort(low: Long, high: Long) {
        val raw = raw
        heapSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun partition(low: Long, high: Long): Long {
        val raw = raw
        return partitionBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    private fun load(raw: MemorySegment, index: Long): Long = raw.get(JAVA_CHAR_UNALIGNED, index shl 1).code.toLong()

    private fun store(raw: MemorySegment, index: Long, key: Long) =
        raw.set(JAVA_CHAR_UNALIGNED, index shl 1, key.toInt().toChar())
}

internal class IntSorter(private val raw: MemorySegment) : ElementSorter() {
    override fun settleRun(low: Long, high: Long): Boolean {
        val raw = raw
        return settleRunBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun insertionSort(low: Long, high: Long) {
        val raw = raw
        insertionSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun heapSort(low: Long, high: Long) {
        val raw = raw
        heapSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun partition(low: Long, high: Long): Long {
        val raw = raw
        return partitionBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    private fun load(raw: MemorySegment, index: Long): Long = raw.get(JAVA_INT_UNALIGNED, index shl 2).toLong()

    private fun store(raw: MemorySegment, index: Long, key: Long) =
        raw.set(JAVA_INT_UNALIGNED, index shl 2, key.toInt())
}

internal class LongSorter(private val raw: MemorySegment) : ElementSorter() {
    override fun settleRun(low: Long, high: Long): Boolean {
        val raw = raw
        return settleRunBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun insertionSort(low: Long, high: Long) {
        val raw = raw
        insertionSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun heapSort(low: Long, high: Long) {
        val raw = raw
        heapSortBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    override fun partition(low: Long, high: Long): Long {
        val raw = raw
        return partitionBy(low, high, { load(raw, it) }, { index, key -> store(raw, index, key) })
    }

    private fun load(raw: MemorySegment, index: Long): Long = raw.get(JAVA_LONG_UNALIGNED, index shl 3)

    private fun store(raw: MemorySegment, index: Long, key: Long) = raw.set(JAVA_LONG_UNALIGNED, index shl 3, key)
}
