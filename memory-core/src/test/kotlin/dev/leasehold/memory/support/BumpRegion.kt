package dev.leasehold.memory.support

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.channels.FileChannel
import java.nio.channels.FileChannel.MapMode.READ_WRITE
import java.nio.file.Files
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.DELETE_ON_CLOSE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.SPARSE
import java.nio.file.StandardOpenOption.WRITE
import java.util.BitSet
import java.util.TreeMap

/**
 * The memory of a temporary file, [capacity] bytes that take no space on the disk until they are written.
 *
 * It is taken by moving a pointer up. What comes back below the pointer is a hole, which a later request may take that
 * fits; what comes back at the top lets the pointer retreat. The free space above the pointer is one more hole, so one
 * rule is enough. Each page that has a taken byte is paid for from the [leaf]; those of a hole stay paid for until they
 * are [dropped][dropIdle], those above the pointer do not. Under the engine's lock.
 */
internal class BumpRegion(private val leaf: BudgetLeaf, private val platform: Platform, private val capacity: Long) {
    private val page = platform.pageSize
    private val arena = Arena.ofShared()
    private val bytes = map(capacity, arena).also(platform::adopt)

    // Free space: where it begins, and where it ends. No two touch.
    private val holes = TreeMap(mapOf(0L to capacity))
    private val paid = BitSet()

    // How far the pointer ever came.
    private var highest = 0L

    /** How many bytes are taken. */
    var taken: Long = 0
        private set

    /** How many bytes of the pages that are paid for are not taken. */
    val idle: Long get() = paid.cardinality() * page - taken

    fun addressOf(offset: Long): Long = bytes.address() + offset

    /** Takes [size] bytes at a multiple of [alignment] from the first hole that fits; -1 when none can be paid for. */
    fun take(size: Long, alignment: Long): Long {
        val at = takeHole(size, alignment)
        return if (at < 0 && dropIdle() > 0) takeHole(size, alignment) else at
    }

    private fun takeHole(size: Long, alignment: Long): Long {
        for ((from, until) in holes) {
            val at = (from + alignment - 1) and -alignment
            if (at + size > until || !tryPay(at, at + size)) continue
            cut(from, until, at, at + size)
            return at
        }
        return -1
    }

    /** Takes the bytes from [from] to [until], behind taken ones; false when that is not free or cannot be paid for. */
    fun extend(from: Long, until: Long): Boolean {
        val end = holes[from] ?: return false
        if (until > end) return false
        if (!tryPay(from, until) && (dropIdle() == 0L || !tryPay(from, until))) return false
        cut(from, end, from, until)
        return true
    }

    private fun cut(holeFrom: Long, holeUntil: Long, from: Long, until: Long) {
        holes.remove(holeFrom)
        if (holeFrom < from) holes[holeFrom] = from
        if (until < holeUntil) holes[until] = holeUntil
        taken += until - from
        highest = maxOf(highest, until)
    }

    private fun tryPay(from: Long, until: Long): Boolean {
        val first = (from / page).toInt()
        val end = pagesUpTo(until)
        val more = end - first - paid.get(first, end).cardinality()
        if (more > 0 && !leaf.tryReserve(more * page)) return false
        paid.set(first, end)
        return true
    }

    /** Takes the bytes from [from] to [until] back. */
    fun giveBack(from: Long, until: Long) {
        val before = holes.lowerEntry(until)
        check(before == null || before.value <= from) { "bytes from $from to $until came back before" }
        val start = if (before?.value == from) before.key else from
        val end = holes.remove(until) ?: until
        holes[start] = end
        taken -= until - from
        if (end == capacity) drop(start, end)
    }

    /** Stops paying for pages without a taken byte; returns how many bytes they have. */
    fun dropIdle(): Long = holes.entries.sumOf { (from, until) -> drop(from, until) }

    private fun drop(from: Long, until: Long): Long {
        val end = (until / page).toInt()
        var dropped = 0L
        var first = paid.nextSetBit(pagesUpTo(from))
        while (first in 0..<end) {
            val next = minOf(paid.nextClearBit(first), end)
            dropped += stopPaying(first, next)
            first = paid.nextSetBit(next)
        }
        return dropped
    }

    private fun stopPaying(first: Int, end: Int): Long {
        val size = (end - first) * page
        bytes.asSlice(first * page, size).unload()
        paid.clear(first, end)
        leaf.release(size)
        return size
    }

    /** Zeroes all that was ever taken, and stops paying for it. */
    fun abandon() {
        if (!arena.scope().isAlive) return
        bytes.asSlice(0, highest).fill(0)
        bytes.asSlice(0, highest).unload()
        leaf.release(paid.cardinality() * page)
        paid.clear()
    }

    /** Gives the mapping back; false while a native call uses it. */
    fun tryUnmap(): Boolean {
        if (!arena.scope().isAlive) return true
        try {
            arena.close()
        } catch (_: IllegalStateException) {
            return false
        }
        platform.disown(bytes)
        return true
    }

    private fun pagesUpTo(offset: Long) = ((offset + page - 1) / page).toInt()

    private companion object {
        fun map(size: Long, arena: Arena): MemorySegment {
            val folder = Files.createTempDirectory("bump")
            try {
                val file = FileChannel.open(folder.resolve("region"), CREATE_NEW, SPARSE, READ, WRITE, DELETE_ON_CLOSE)
                return file.use { it.map(READ_WRITE, 0, size, arena) }
            } finally {
                folder.toFile().deleteRecursively()
            }
        }
    }
}
