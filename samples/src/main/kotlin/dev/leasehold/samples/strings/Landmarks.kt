package dev.leasehold.samples.strings

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import java.lang.foreign.Linker

/** Two things whose addresses matter, each in permanent memory in a range of its own. */
internal class Landmarks(private val table: PermanentTable) {
    /** Where a function of the C library begins. */
    val malloc: Long = Linker.nativeLinker().defaultLookup().find("malloc").orElseThrow().address()

    private val near = PermanentMemory.obtain(8, AddressRange.around(malloc, REACH), 8)
    private val low = PermanentMemory.obtain(8, AddressRange.LOW_4_GIB, 8)

    /** A word with the address of malloc, so near to it that one jump leads from one to the other. */
    val slot: Long = near.reserve(8, 8).apply { setLong(0, malloc) }.address

    /** A word whose own address fits into 32 bits. */
    val short: Long = low.reserve(8, 8).apply { setLong(0, slot) }.address

    /** What the buffer at [place] is for: also for two things, where the first that was made serves both. */
    fun purposeOf(place: Place): String = listOfNotNull(
        "for the table '$TABLE'".takeIf { table.addressOf(0) - place.base in 0 until place.size },
        "near malloc".takeIf { place.base == near.base },
        "in the lowest 4 GiB".takeIf { place.base == low.base },
    ).joinToString(" and ").ifEmpty { "of others" }

    companion object {
        /** How far a jump of a POWER processor reaches. */
        val REACH: Long = 32.MiB
    }
}
