package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.TableMemory
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.foreign.MemorySegment

/**
 * A buffer of permanent memory, and the registry that leads to its tables, in [memory]: others that are made of the same
 * memory are other processes.
 */
internal class AppendableBytes(memory: MemorySegment, wordsOf: (MemorySegment) -> FileWords) : TableMemory {
    private val size = memory.byteSize() - HEAD

    override val registry: FileWords = wordsOf(memory.asSlice(0, HEAD))

    val buffer = AppendBuffer(
        registry,
        RegistryLayout.HEADER_BYTES,
        memory.address() + HEAD,
        wordsOf(memory.asSlice(HEAD, size)),
        // Nothing is populated: the memory is there.
        object : SystemSpace by Platform.current.space {
            override fun populate(address: Long, bytes: Long): Boolean = true
        },
    )

    override fun holding(address: Long, size: Long): AppendBuffer? = buffer.takeIf { it.holds(address, size) }

    override fun claim(size: Long): Long {
        val start = buffer.claim(size, Long.SIZE_BYTES.toLong())
        check(start >= 0) { "the buffer of the test is full" }
        return buffer.address + start
    }

    companion object {
        private const val HEAD = 192L

        fun damaged(address: Long): Nothing = error("damaged at $address")
    }
}
