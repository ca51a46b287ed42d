package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.block.SizeClasses
import java.util.concurrent.atomic.AtomicLong

/**
 * Where threads exchange whole magazines of free blocks (Bonwick and Adams, "Magazines and Vmem", 2001).
 *
 * Lock-free. A thread whose cache runs full leaves a magazine here, one whose cache runs dry takes one, so a block
 * that is rented here and closed there costs one exchange a magazine, not one a block. Emptied magazines travel back
 * the same way.
 */
internal class Depot(newStack: () -> MagazineStack = ::MagazineStack) {
    private val full = Array(SizeClasses.COUNT) { newStack() }
    private val empty = Array(SizeClasses.COUNT) { newStack() }
    private val bytes = AtomicLong()

    /** How many bytes of free blocks lie here. */
    val idleBytes: Long get() = bytes.get()

    /** About the least that [idleBytes] was since [beginPeriod]. */
    @Volatile
    var leastIdle: Long = 0
        private set

    /** Begins a new period for [leastIdle]. */
    fun beginPeriod() {
        leastIdle = idleBytes
    }

    /** [leave]; false, and nothing has changed, when the heap is full. */
    fun tryLeave(classIndex: Int, magazine: Magazine): Boolean = try {
        leave(classIndex, magazine)
        true
    } catch (_: OutOfMemoryError) {
        false
    }

    /** Leaves [magazine], which holds blocks of [classIndex]. */
    fun leave(classIndex: Int, magazine: Magazine) {
        val node = full[classIndex].nodeOf(magazine)
        // Counted first, so that the figure is never below what a concurrent take could find.
        bytes.addAndGet(magazine.count * SizeClasses.sizeOf(classIndex))
        full[classIndex].push(node)
    }

    /** Takes a magazine with blocks of [classIndex], or null when there is none. */
    fun take(classIndex: Int): Magazine? {
        val magazine = full[classIndex].pop() ?: return null
        val left = bytes.addAndGet(-magazine.count * SizeClasses.sizeOf(classIndex))
        // Another thread's lower figure may be lost: then too much goes back once.
        if (left < leastIdle) leastIdle = left
        return magazine
    }

    /** Adds to [counts] how many blocks of each class lie here: a moment's truth. */
    fun addTo(counts: LongArray) {
        for (classIndex in counts.indices) counts[classIndex] += full[classIndex].blocks
    }

    /** Leaves an emptied magazine for the next thread that has blocks to put into one; with a full heap, drops it. */
    fun leaveEmpty(classIndex: Int, magazine: Magazine) {
        try {
            empty[classIndex].push(magazine)
        } catch (_: OutOfMemoryError) {
            // One magazine less to be used again. It happens at the end of closes, which must not fail for that.
            return
        }
    }

    /** A magazine without blocks. */
    fun takeEmpty(classIndex: Int): Magazine = empty[classIndex].pop() ?: Magazine(CacheShape.capacityOf(classIndex))

    /** Takes at least [wanted] bytes, the largest blocks first, and hands each magazine to [into]. */
    inline fun drain(wanted: Long, into: (classIndex: Int, magazine: Magazine) -> Unit) {
        var left = wanted
        for (classIndex in SizeClasses.COUNT - 1 downTo 0) {
            while (left > 0) {
                val magazine = take(classIndex) ?: break
                left -= magazine.count * SizeClasses.sizeOf(classIndex)
                into(classIndex, magazine)
            }
        }
    }
}
