package dev.leasehold.stress

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.TableMemory
import dev.leasehold.memory.internal.permanent.TableRecords
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger

/** A buffer of permanent memory with a table, in memory of its own that was zero. */
internal class PermanentScene private constructor(
    words: (MemorySegment) -> FileWords,
    newRecords: (PermanentScene) -> TableRecords,
) : TableMemory {
    private val memory = next()
    override val registry: FileWords = words(memory.asSlice(0, HEAD))
    private val content = words(memory.asSlice(HEAD))
    private val buffer =
        AppendBuffer(registry, RegistryLayout.HEADER_BYTES, content.bytes().address(), content, Platform.current.space)
    val table: TableRecords

    init {
        // All pages are there.
        registry.set(RegistryLayout.HEADER_BYTES + RegistryLayout.ENTRY_POPULATED, SIZE)
        // The word that leads to the first block of the table.
        check(buffer.claim(Long.SIZE_BYTES.toLong(), 1) == 0L)
        table = newRecords(this)
    }

    override fun holding(address: Long, size: Long): AppendBuffer? = buffer.takeIf { it.holds(address, size) }

    override fun claim(size: Long): Long = buffer.address + buffer.claim(size, Long.SIZE_BYTES.toLong())

    /** Takes eight bytes: where they begin. */
    fun claimWord(): Int = buffer.claim(Long.SIZE_BYTES.toLong(), 1).toInt()

    /** Appends a record with [value] in it. */
    fun append(value: Int) {
        val address = table.reserve(Long.SIZE_BYTES.toLong())
        content.bytes().setWord((address + Long.SIZE_BYTES - buffer.address) / Long.SIZE_BYTES, value.toLong())
        val _ = table.publish(address)
    }

    /** What is in the first record; 0 when there is none. */
    fun read(): Int {
        val address = table.address(0)
        if (address == 0L) return 0
        val bytes = table.sizeOf(address, buffer)
        val value = content.bytes().word((address + Long.SIZE_BYTES - buffer.address) / Long.SIZE_BYTES)
        return if (bytes == Long.SIZE_BYTES.toLong()) value.toInt() else HALF
    }

    /** Shows a record before it is filled. */
    fun appendHastily(value: Int) {
        val address = claim(2 * Long.SIZE_BYTES.toLong())
        val _ = table.publish(address)
        val at = (address - buffer.address) / Long.SIZE_BYTES
        content.bytes().setWord(at, Long.SIZE_BYTES.toLong())
        content.bytes().setWord(at + 1, value.toLong())
    }

    companion object {
        private const val COUNT = 1 shl 15
        private const val SIZE = 1024L
        private const val HEAD = 192L

        /** What [read] says of a record that is not whole. */
        const val HALF: Int = -1
        private val all = Arena.global().allocate(COUNT * SIZE, SIZE)
        private val turn = AtomicInteger()

        private fun next(): MemorySegment = all.asSlice((turn.getAndIncrement() and (COUNT - 1)) * SIZE, SIZE).fill(0)

        private fun recordsOf(scene: PermanentScene) =
            TableRecords(scene, scene.buffer.address) { error("the table is damaged at $it") }

        @JvmStatic
        fun shipped(): PermanentScene = PermanentScene(::FileWords, ::recordsOf)

        /** Words whose compare-and-set compares, and then sets. */
        @JvmStatic
        fun torn(): PermanentScene = PermanentScene(::TornFileWords, ::recordsOf)
    }
}

private class TornFileWords(memory: MemorySegment) : FileWords(memory) {
    override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
        if (get(offset) != seen) return false
        set(offset, next)
        return true
    }
}
