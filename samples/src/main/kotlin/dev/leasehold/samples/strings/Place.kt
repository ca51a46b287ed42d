package dev.leasehold.samples.strings

import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory

/**
 * Where a buffer of permanent memory lies.
 *
 * @property base where it begins in the process that it belongs to
 * @property here where it begins in the process that looks at it
 */
internal data class Place(val base: Long, val here: Long, val size: Long, val used: Long) {
    /** What it takes in the process that looks at it. */
    val range: AddressRange get() = AddressRange.between(here, here + size - 1)

    /** All of it. */
    val text: String get() = "$base:$here:$size:$used"

    companion object {
        /** The place of [memory], seen from here. */
        fun of(memory: PermanentMemory): Place {
            val here = memory.view(memory.base, 1).address
            return Place(memory.base, here, memory.size, memory.size - memory.remaining)
        }

        /** The place that has this [text]. */
        fun of(text: String): Place {
            val (base, here, size, used) = text.split(":").map(String::toLong)
            return Place(base, here, size, used)
        }
    }
}
