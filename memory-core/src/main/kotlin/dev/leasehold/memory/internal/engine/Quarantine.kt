package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochView

/** Gives back blocks that have left quarantine, a magazine at a time. Any thread. */
internal class Quarantine(private val magazines: Magazines, private val counts: UncachedCounts) {
    /** Gives back the block of [first] and all that follow it. */
    fun release(first: EpochView) {
        val filling = arrayOfNulls<Magazine>(SizeClasses.COUNT)
        var next: EpochView? = first
        while (next != null) {
            release(next, filling)
            next = next.next
        }
        for (classIndex in filling.indices) filling[classIndex]?.let { magazines.dispose(classIndex, it) }
    }

    private fun release(view: EpochView, filling: Array<Magazine?>) {
        val bytes = SizeClasses.sizeOf(view.code)
        val hygiene = magazines.hygiene
        // A kept view could write until its epoch retired.
        if (hygiene.onClose) hygiene.ended(view.address, bytes)
        counts.countReleased(bytes)
        val magazine = filling[view.code] ?: magazines.emptyMagazine(view.code).also { filling[view.code] = it }
        magazine.push(view.address)
        if (magazine.count < magazine.rounds.size) return
        filling[view.code] = null
        magazines.dispose(view.code, magazine)
    }
}
