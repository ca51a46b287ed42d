package dev.leasehold.benchmarks

import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG

/**
 * A buffer whose bytes are taken back, which nothing but a measurement may do: [rewind] sets the word that says how many
 * are taken, as `docs/permanent-format.md` says where it lies.
 */
internal class RewoundBuffer(memory: PermanentMemory) {
    private val word: MemorySegment = AddressSpace.regions()
        .filter { it.name == "/memfd:leasehold.permanent.1 (deleted)" && it.offset == 0L }
        .firstNotNullOf { region -> entryOf(memory, region.range.first, region.size) }

    private fun entryOf(memory: PermanentMemory, address: Long, bytes: Long): MemorySegment? {
        val part = MemorySegment.ofAddress(address).reinterpret(bytes)
        val entries = (HEADER until bytes - ENTRY step ENTRY).asSequence()
        return entries.find { part.get(JAVA_LONG, it + ADDRESS) == memory.base }?.let { part.asSlice(it + POSITION, 8) }
    }

    fun rewind(): Unit = word.set(JAVA_LONG, 0, 0)

    private companion object {
        const val HEADER = 128L
        const val ENTRY = 64L
        const val ADDRESS = 8L
        const val POSITION = 24L
    }
}
