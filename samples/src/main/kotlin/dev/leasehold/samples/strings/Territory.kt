package dev.leasehold.samples.strings

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.MemoryRegion

/** What something in an address space is, as the picture shows it. */
internal enum class Kind(val colour: String, val words: String) {
    BUFFER("#d9483b", "a buffer of permanent memory"),
    REGISTRY("#d9a21c", "the registry that leads to them"),
    FILE("#8fb0cc", "libraries and other files"),
    MEMORY("#d5cfc0", "heap, stacks, and all else that has no file"),
}

/** Regions of the same [kind] that lie side by side; the largest gives it its [name]. */
internal class Block(val kind: Kind, val range: AddressRange, val name: String, private val largest: Long) {
    /** How many bytes it has, what is empty in it included. */
    val size: Double get() = (range.last - range.first + 1).toULong().toDouble()

    /** This and [other], which lies above it. */
    operator fun plus(other: Block): Block {
        val main = if (other.largest > largest) other else this
        return Block(kind, AddressRange.between(range.first, other.range.last), main.name, main.largest)
    }
}

/**
 * The address space of a process, from its lowest address to its highest, which is the order that [regions] have.
 *
 * @property places the buffers of permanent memory in it
 * @property landmark an address to be pointed out; 0 for none
 */
internal class Territory(regions: List<MemoryRegion>, val places: List<Place>, val landmark: Long = 0) {
    // The registry shows the same file as the buffers, and is none of them.
    private val shared = regions.find { region -> places.any { it.here in region.range } }?.name

    /** The blocks in neighbourhoods, which are far from each other. */
    val neighbourhoods: List<List<Block>> = ArrayList<ArrayList<Block>>().also { all ->
        for (region in regions) {
            val block = Block(kindOf(region), region.range, region.name.substringAfterLast('/'), region.size)
            val before = all.lastOrNull()?.last()
            when {
                before == null || gap(before, block) > FAR -> all += arrayListOf(block)

                before.kind == block.kind && block.kind in JOINED && gap(before, block) < NEAR ->
                    all.last()[all.last().lastIndex] = before + block

                else -> all.last() += block
            }
        }
    }

    private fun kindOf(region: MemoryRegion): Kind = when {
        places.any { it.here in region.range } -> Kind.BUFFER
        region.name == shared -> Kind.REGISTRY
        region.name.startsWith("/") -> Kind.FILE
        else -> Kind.MEMORY
    }

    companion object {
        private val FAR = 1.GiB.toDouble()
        private val NEAR = 1.MiB.toDouble()
        private val JOINED = setOf(Kind.FILE, Kind.MEMORY)

        /** How many bytes are between [one] and [next], which lies above it. They can be more than a `Long` has. */
        fun gap(one: Block, next: Block): Double = (next.range.first - one.range.last - 1).toULong().toDouble()
    }
}
