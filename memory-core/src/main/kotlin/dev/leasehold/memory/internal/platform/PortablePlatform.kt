package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentSkipListMap

/**
 * Any system, without a restricted method: each mapping is a shared arena of its own, and a view is a slice of it.
 *
 * A slice lives as long as its mapping, not as long as its lease, so here only the lease's own state refuses a late
 * use. Pages cannot be taken out of the middle of an arena, so [discard] keeps them.
 */
internal class PortablePlatform : Platform {
    private class Mapping(val arena: Arena?, val segment: MemorySegment)

    private val mappings = ConcurrentSkipListMap<Long, Mapping>()

    override val name: String get() = "portable"
    override val pageSize: Long get() = PAGE
    override val bindsViews: Boolean get() = false
    override val discards: Boolean get() = false
    override val remaps: Boolean get() = false

    override fun map(bytes: Long): Long {
        val arena = Arena.ofShared()
        try {
            val segment = arena.allocate(bytes, PAGE)
            mappings[segment.address()] = Mapping(arena, segment)
            return segment.address()
        } catch (_: OutOfMemoryError) {
            // The system's refusal, in the JVM's words: the caller says it in ours.
            arena.close()
            return 0
        }
    }

    override fun unmap(address: Long, bytes: Long) {
        val mapping = checkNotNull(mappings.remove(address)) { "no mapping begins at $address" }
        mapping.arena?.close()
    }

    override fun discard(address: Long, bytes: Long): Unit = Unit

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long = 0

    override fun adopt(mapping: MemorySegment) {
        mappings[mapping.address()] = Mapping(null, mapping)
    }

    override fun disown(mapping: MemorySegment) {
        // What has the address by now may be another mapping.
        mappings.computeIfPresent(mapping.address()) { _, known -> known.takeIf { it.segment !== mapping } }
    }

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment {
        if (size == 0L) return MemorySegment.ofAddress(address)
        val entry = checkNotNull(mappings.floorEntry(address)) { "no mapping holds $address" }
        return entry.value.segment.asSlice(address - entry.key, size)
    }

    private companion object {
        const val PAGE = 4096L
    }
}
