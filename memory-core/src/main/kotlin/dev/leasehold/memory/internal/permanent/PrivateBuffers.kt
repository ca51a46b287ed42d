package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.foreign.Arena

/** Buffers that nobody else finds. */
internal class PrivateBuffers(private val space: SystemSpace) : BufferSource {
    override fun search(known: List<AppendBuffer>): List<AppendBuffer> = known

    override fun make(placement: Placement): AppendBuffer? {
        val bytes = placement.bytes
        val address = placement.place { space.place(it, bytes) }
        if (address == 0L) return null
        var made: AppendBuffer? = null
        try {
            val words = FileWords(Arena.global().allocate(RegistryLayout.ENTRY_BYTES, RegistryLayout.ENTRY_BYTES))
            words.set(RegistryLayout.ENTRY_ADDRESS, address)
            words.set(RegistryLayout.ENTRY_SIZE, bytes)
            made = AppendBuffer.of(words, 0, space)
        } finally {
            if (made == null) space.unmap(address, bytes)
        }
        return made
    }
}
