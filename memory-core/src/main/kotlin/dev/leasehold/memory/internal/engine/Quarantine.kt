package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochView

/** Gives back blocks that have left quarantine, a magazine at a time. Any thread. */
internal class Quarantine(private val magazines: Magazines, private val counts: UncachedCounts) {
    /** Gives back the block of [first] and all that follow it. */
    fun release(first: EpochView) {
        val filling = newFilling()
        var next: EpochView? = first
        while (next != null) {
            release(next, filling)
            next = next.next
        }
        if (filling == null) return
        for (classIndex in filling.indices) filling[classIndex]?.let { magazines.dispose(classIndex, it) }
    }

    private fun newFilling(): Array<Magazine?>? = try {
        arrayOfNulls(SizeClasses.COUNT)
    } catch (_: OutOfMemoryError) {
        null
    }

    /** The magazine that is being filled with blocks of [classIndex]; null when the heap is too full for one. */
    private fun magazineIn(filling: Array<Magazine?>?, classIndex: Int): Magazine? {
        if (filling == null) return null
        filling[classIndex]?.let { return it }
        return try {
            magazines.emptyMagazine(classIndex).also { filling[classIndex] = it }
        } catch (_: OutOfMemoryError) {
            null
        }
    }

    private fun release(view: EpochView, filling: Array<Magazine?>?) {
        val bytes = SizeClasses.sizeOf(view.code)
        val hygiene = magazines.hygiene
        // A kept view could write until its epoch retired.
        if (hygiene.onClose) hygiene.ended(view.address, bytes)
        counts.countReleased(bytes)
        val magazine = magazineIn(filling, view.code) ?: return magazines.giveBackOne(view.code, view.address)
        magazine.push(view.address)
        if (magazine.count < magazine.rounds.size) return
        filling!![view.code] = null
        magazines.dispose(view.code, magazine)
    }
}
