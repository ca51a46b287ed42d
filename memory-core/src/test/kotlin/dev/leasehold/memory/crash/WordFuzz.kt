package dev.leasehold.memory.crash

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileFaults
import dev.leasehold.memory.internal.mapped.FileHeader
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileMap
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.Place
import dev.leasehold.memory.internal.mapped.RedoLog
import dev.leasehold.memory.internal.mapped.RootTable
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.MappedFiles
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Files
import java.nio.file.Path

/**
 * Changes words of a file that lies in memory, as a fuzzer says, and looks at all of it: each is an error of the library
 * or nothing. The fuzzer calls it by its name.
 */
internal object WordFuzz {
    private lateinit var file: MemorySegment
    private lateinit var words: Undone
    private lateinit var offsets: LongArray
    private val path = Path.of("fuzzed")

    /** Words that can be put back as they were. */
    private class Undone(file: MemorySegment) : FileWords(file) {
        private val before = ArrayDeque<Pair<Long, Long>>()

        override fun set(offset: Long, value: Long) {
            before.addLast(offset to get(offset))
            super.set(offset, value)
        }

        fun undo() {
            while (true) {
                val (offset, value) = before.removeLastOrNull() ?: return
                super.set(offset, value)
            }
        }
    }

    /** Makes the file. */
    @JvmStatic
    fun fuzzerInitialize() {
        MappedFiles.withPath { path ->
            fill(path)
            val bytes = Files.readAllBytes(path)
            val layout = FileHeader.read(path, MemorySegment.ofArray(bytes)).layout
            file = Arena.global().allocate(layout.maxBytes, FileLayout.PAGE)
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, file, 0, minOf(bytes.size.toLong(), file.byteSize()))
        }
        words = Undone(file)
        // All that is not zero, and a word behind each: there the structures are.
        val used = (0 until file.byteSize() step Long.SIZE_BYTES.toLong()).filter { words.get(it) != 0L }
        offsets = used.flatMap { listOf(it, it + Long.SIZE_BYTES) }.filter { it < file.byteSize() }.distinct()
            .toLongArray()
    }

    // As a process leaves it that is killed.
    private fun fill(path: Path) {
        val manager: MappedMemoryManager = MappedFiles.open(
            path,
            {
                durability = MappedDurability.COMMIT
                maxSize = 1.MiB
                maxSessions = 2
            },
        )
        // Few blocks to a run, so that there is little to look at each time.
        for (size in listOf(3_000L, 5_000L, 40_000L)) {
            manager.allocate(size).use { manager.roots["root of $size"] = it }
        }
        val map = MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.BYTES)
        for (key in 0L..20) map[key] = ByteArray(3_000)
        MappedLock.open(manager, "lock").withExclusive {}
        MappedRing.open(manager, "ring", 256).write(8) { it.setLong(0, 1) }
        manager.commit()
        manager.setUserWord(1, 1)
        MappedFiles.kill(manager.session)
    }

    /** How many words the fuzzer can change. */
    val choices: Int get() = offsets.size

    /** Changes up to eight words as [input] says: two bytes which, one how, and eight what. */
    @JvmStatic
    fun fuzzerTestOneInput(input: ByteArray) {
        try {
            for (at in 0..minOf(input.size - CHANGE, 7 * CHANGE) step CHANGE) change(input, at)
            look()
        } catch (_: MemoryException) {
            return
        } finally {
            words.undo()
        }
    }

    private fun change(input: ByteArray, at: Int) {
        val which = (input[at].toInt() and 0xff) or (input[at + 1].toInt() and 0xff shl 8)
        val offset = offsets[which % offsets.size]
        var value = 0L
        for (index in 0 until Long.SIZE_BYTES) value = (value shl 8) or (input[at + 3 + index].toLong() and 0xff)
        words.set(offset, changed(words.get(offset), input[at + 2].toInt() and 3, value))
        // Else no change of a header would ever be looked at.
        if (offset < FileHeader.BYTES && input[at + 2] < 0) {
            val header = offset / FileLayout.HEADER_B * FileLayout.HEADER_B
            words.set(header + FileLayout.CHECKSUM_AT, FileHeader.checksum(file, header))
        }
    }

    private fun changed(before: Long, how: Int, value: Long): Long = when (how) {
        0 -> value
        1 -> before xor value
        2 -> before + value.toByte()
        else -> words.get(offsets[(value and Long.MAX_VALUE).mod(offsets.size)])
    }

    private fun look() {
        val header = FileHeader.read(path, file)
        val layout = header.layout
        FileHeader.requireLength(path, words, layout, file.byteSize())
        // A larger one would be mapped beyond its end, where a touch is an error.
        if (layout.maxBytes > file.byteSize()) return
        val verification = Verification(words, layout)
        if (header.durability == FileLayout.Durability.COMMIT) verification.checkJournal(header.committed)
        verification.checkAll()
        check(FileMap(words, layout).runs().sumOf { it.spans } <= layout.maxSpans) { "more runs than spans" }
        for ((_, ref) in RootTable(words, layout).all()) {
            val place = Place.of(words, layout, ref) ?: continue
            check(place.offset < file.byteSize()) { "a block at ${place.offset}" }
        }
        val faults = FileFaults(words, layout)
        for (number in 1..layout.maxSessions) {
            if (faults.ofLogs(number) == null) RedoLog.allOf(number, words, layout).forEach { it.replay() }
        }
    }

    private const val CHANGE = 11
}
