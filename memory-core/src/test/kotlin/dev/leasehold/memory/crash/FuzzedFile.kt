package dev.leasehold.memory.crash

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileHeader
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RedoLog
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.CommittedLog
import dev.leasehold.memory.support.Killed
import dev.leasehold.memory.support.MappedFiles
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.nio.ByteOrder.LITTLE_ENDIAN
import java.nio.file.Files
import java.nio.file.Path
import kotlin.random.Random

/** The bytes of a valid file, and which of its words are worth another value: [groups] of offsets. */
internal class FuzzedFile private constructor(private val bytes: ByteArray, private val groups: List<List<Long>>) {
    /** Writes it to [path] with some other words; returns which. */
    fun writeDamaged(path: Path, random: Random): List<String> {
        val copy = MemorySegment.ofArray(bytes.clone())
        val changes = List(random.nextInt(1, 4)) {
            val offset = groups.random(random).random(random)
            val before = copy.get(LONG, offset)
            val after = another(before, copy, offset, random)
            copy.set(LONG, offset, after)
            "$offset: 0x${before.toString(16)} is 0x${after.toULong().toString(16)}"
        }
        // Else hardly any change of a header would get past its checksum.
        if (random.nextBoolean()) renewChecksums(copy)
        Files.write(path, copy.toArray(JAVA_BYTE))
        return changes
    }

    private fun another(word: Long, file: MemorySegment, at: Long, random: Random): Long = when (random.nextInt(9)) {
        0 -> random.nextLong()
        1 -> word + 1
        2 -> word - 1
        3, 4 -> word xor (1L shl random.nextInt(Long.SIZE_BITS))
        5 -> BOUNDS.random(random)
        6 -> BOUNDS.random(random) - 1
        7 -> file.get(LONG, groups.random(random).random(random))
        else -> file.get(LONG, minOf(at + 8L * random.nextInt(1, 4), bytes.size - 8L))
    }

    private fun renewChecksums(file: MemorySegment) {
        for (at in longArrayOf(0, FileLayout.HEADER_B)) {
            file.set(LONG, at + FileLayout.CHECKSUM_AT, FileHeader.checksum(file, at))
        }
    }

    companion object {
        private val LONG = JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN)
        private val BOUNDS = longArrayOf(
            0, 1, 2, 3, 4, 5, 8, 16, 32, 55, 64, 112, 128, 254, 256, 1020, 1024, 4096, 65_535, 65_536, 1L shl 24,
            1L shl 28, 1L shl 31, 1L shl 32, 1L shl 40, Long.MIN_VALUE, -1,
        ).toList()
        private val SIZES = listOf<Long>(10, 60, 100, 1000, 4000, 5000, 20_000, 40_000, 100_000, 200_000)

        private fun open(path: Path, newLog: (FileWords, Long) -> RedoLog = ::RedoLog): MappedMemoryManager {
            val configure: MappedOptions.() -> Unit = {
                maxSize = 4.MiB
                growth = 64.KiB
                maxSessions = 3
            }
            return MappedFiles.open(path, configure, newLog)
        }

        /** A file that was closed. */
        fun closed(path: Path): FuzzedFile {
            open(path).use(::fill)
            return read(path)
        }

        /** A file of which two processes were killed, one when its change was committed and none of it was stored. */
        fun killed(path: Path): FuzzedFile {
            open(path).use(::fill)
            val first = open(path)
            SIZES.forEach { first.allocate(it) }
            first.roots.names.forEach { first.roots.open(it) }
            val second = open(path, ::CommittedLog)
            val block = second.allocate(100)
            try {
                second.roots["late"] = block
                error("the change was made")
            } catch (_: Killed) {
                MappedFiles.kill(second.session)
            }
            MappedFiles.kill(first.session)
            return read(path)
        }

        private fun fill(manager: MappedMemoryManager) {
            for (size in SIZES) {
                manager.allocate(size).use { block ->
                    block.withSegment { for (at in 0 until size) it.setByte(at, size.toByte()) }
                    manager.roots["root of $size"] = block
                }
            }
            manager.roots.remove("root of 60")
        }

        private fun read(path: Path): FuzzedFile {
            val bytes = Files.readAllBytes(path)
            val groups = MappedMemoryManager.openReadOnly(path).use { manager -> groups(manager) }
            return FuzzedFile(bytes, groups)
        }

        private fun groups(manager: MappedMemoryManager): List<List<Long>> {
            val layout = manager.session.layout
            val spans = manager.size / FileLayout.SPAN
            val linked = manager.roots.names.mapNotNull { manager.placeOf(manager.roots[it]) }
            return listOf(
                words(0, 6) + FileLayout.CHECKSUM_AT,
                words(0, 6).map { it + FileLayout.HEADER_B },
                words(FileLayout.SPANS, 6) + FileLayout.LINK_LOCK + FileLayout.SIZE_LOCK,
                (1..3).flatMap { words(layout.session(it), 5) },
                (1..3).flatMap { words(layout.lane(it), 1) },
                (1..3).flatMap { words(layout.lane(it) + FileLayout.LANE_FIRST, 40) },
                (1..3).flatMap { words(layout.holdsOf(it), 12) },
                (0..12).flatMap { words(layout.root(it), 4) },
                words(layout.spanWord(0), spans.toInt() + 2),
                (0 until spans).flatMap { words(layout.spanAt(it), 2) },
                (0 until spans).flatMap { words(layout.spanAt(it) + FileLayout.RUN_HEAD, 6) },
                linked.map { it.state },
                linked.map { it.offset + it.bytes(manager.session.words) - 8 },
            )
        }

        private fun words(from: Long, count: Int): List<Long> = List(count) { from + 8L * it }
    }
}
