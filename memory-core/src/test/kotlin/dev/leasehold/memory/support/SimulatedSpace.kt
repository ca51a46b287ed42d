package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessIdentity
import dev.leasehold.memory.internal.platform.Regions
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.TreeMap

/**
 * A process that has nothing mapped but what is mapped by this, in memory of its own: what the system would be asked is
 * a step, and its map is read region by region, with [step] in between.
 *
 * @param used how many places are passed over at first
 */
internal class SimulatedSpace(
    private val memory: MemorySegment = Arena.ofAuto().allocate(1L shl 20, 1L shl 16),
    private var used: Int = 0,
    private val step: () -> Unit = {},
) : SystemSpace by Platform.current.space {
    private class Region(val name: String, val bytes: Long)

    private val names = ArrayList<String>()
    private val regions = TreeMap<Long, Region>()

    /** How many descriptors are open. */
    var open: Int = 0
        private set

    override fun regions(): Regions {
        val firsts = ArrayList<Long>()
        val lasts = ArrayList<Long>()
        val found = ArrayList<String>()
        var at = 0L
        while (true) {
            step()
            val (address, region) = regions.ceilingEntry(at) ?: break
            firsts += address
            lasts += address + region.bytes - 1
            found += region.name
            at = address + region.bytes
        }
        val details = object : Regions.Details {
            override fun name(index: Int): String = found[index]

            override fun permissions(index: Int): String = "rw-s"

            override fun offset(index: Int): Long = 0
        }
        return Regions(found.size, firsts.toLongArray(), lasts.toLongArray(), details)
    }

    override fun createShared(name: String): Int {
        step()
        names += name
        open++
        return names.lastIndex
    }

    override fun extend(descriptor: Int, length: Long): Boolean = true

    // From the start and from the end in turn, so that the order of addresses is not that of time.
    override fun placeShared(descriptor: Int, offset: Long, bytes: Long, address: Long): Long {
        step()
        val index = used++
        val place = if (index % 2 == 0) index / 2 * bytes else memory.byteSize() - (index / 2 + 1) * bytes
        val at = memory.address() + place
        regions[at] = Region(regionName(names[descriptor]), bytes)
        return at
    }

    // Its bytes stay, as others of the test may look at them.
    override fun unmap(address: Long, bytes: Long) {
        regions.remove(address)
    }

    override fun peek(address: Long, bytes: Int): MemorySegment {
        step()
        val copy = MemorySegment.ofArray(LongArray(bytes / Long.SIZE_BYTES))
        return copy.copyFrom(memory.asSlice(address - memory.address(), bytes.toLong()))
    }

    override fun close(descriptor: Int) {
        open--
    }

    override fun identity(process: Long): ProcessIdentity = ProcessIdentity(1, 1)
}

/** Words whose every access is a step of [turns]. */
internal class TurnWords(memory: MemorySegment, private val turns: Turns) : FileWords(memory) {
    override fun set(offset: Long, value: Long) {
        turns.step()
        super.set(offset, value)
    }

    override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
        turns.step()
        return super.compareAndSet(offset, seen, next)
    }

    override fun getAndAdd(offset: Long, more: Long): Long {
        turns.step()
        return super.getAndAdd(offset, more)
    }
}
