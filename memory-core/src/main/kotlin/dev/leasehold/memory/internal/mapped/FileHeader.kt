package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileTruncatedException
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.nio.ByteOrder.LITTLE_ENDIAN
import java.nio.file.Path
import java.util.zip.CRC32C

/**
 * What a file is and can become, which never changes, and its last commit, where it has such. There are two copies,
 * each with a checksum, so that one whose writing was cut short does no harm: each commit writes the older one.
 *
 * @property id random bits that tell this file from others
 * @property durability [FileLayout.Durability.PROCESS], [FileLayout.Durability.COMMIT] or [FileLayout.Durability.NONE]
 */
internal class FileHeader(
    val maxSpans: Long,
    val maxSessions: Int,
    val id: Long,
    val durability: Int = FileLayout.Durability.PROCESS,
    val committed: Committed = Committed(0, 0, 0),
) {
    /** A commit: its number, the span of the journal, and how many bytes of that it has. */
    class Committed(val epoch: Long, val journal: Long, val length: Long)

    val layout: FileLayout get() = FileLayout(maxSpans, maxSessions)

    /** Writes both copies, the kind of the file last. */
    fun write(words: FileWords) {
        for (at in longArrayOf(FileLayout.HEADER_B, 0)) {
            words.set(at + FileLayout.VERSION_AT, FileLayout.VERSION)
            words.set(at + FileLayout.PAGE_AT, FileLayout.PAGE)
            words.set(at + FileLayout.MAX_SPANS_AT, maxSpans)
            words.set(at + FileLayout.MAX_SESSIONS_AT, maxSessions.toLong())
            words.set(at + FileLayout.ID_AT, id)
            words.set(at + FileLayout.DURABILITY_AT, durability.toLong())
            put(words, at, 0, committed)
            words.set(at + FileLayout.MAGIC_AT, FileLayout.MAGIC)
        }
    }

    internal companion object {
        /** How many bytes both copies have. */
        const val BYTES: Long = 2 * FileLayout.HEADER_B

        // `LHMAKING`, as it lies in the file.
        private const val MAKING: Long = 0x474E_494B_414D_484CL
        private val LONG = JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN)

        /** Writes [committed] into the older copy, and returns where that is. For who has the lock of commits. */
        fun commit(words: FileWords, committed: Committed): Long {
            val newest = newest(words.bytes())
            val at = FileLayout.HEADER_B - newest
            put(words, at, words.get(newest + FileLayout.CHANGES_AT) + 1, committed)
            return at
        }

        private fun put(words: FileWords, at: Long, changes: Long, committed: Committed) {
            words.set(at + FileLayout.CHANGES_AT, changes)
            words.set(at + FileLayout.EPOCH_AT, committed.epoch)
            words.set(at + FileLayout.JOURNAL_AT, committed.journal)
            words.set(at + FileLayout.LENGTH_AT, committed.length)
            words.set(at + FileLayout.CHECKSUM_AT, checksum(words.bytes(), at))
        }

        /** Where the copy is that counts; -1 when none is whole. */
        private fun newest(first: MemorySegment): Long = longArrayOf(0, FileLayout.HEADER_B)
            .filter { isWhole(first, it) }
            .maxByOrNull { first.get(LONG, it + FileLayout.CHANGES_AT) } ?: -1

        /** Of all that is between the kind and the checksum. */
        fun checksum(bytes: MemorySegment, at: Long): Long {
            val crc = CRC32C()
            val from = at + FileLayout.VERSION_AT
            crc.update(bytes.asSlice(from, at + FileLayout.CHECKSUM_AT - from).asByteBuffer())
            return crc.value
        }

        /** Says that a file is being made, until [write] says that it is there. */
        fun begin(words: FileWords): Unit = words.set(FileLayout.MAGIC_AT, MAKING)

        /** Whether a file of [length] bytes that begins with [first] is one whose making was not finished. */
        fun isUnfinished(first: MemorySegment, length: Long): Boolean {
            if (first.byteSize() >= BYTES && first.get(LONG, FileLayout.MAGIC_AT) == MAKING) return true
            return length <= BYTES && (0 until first.byteSize()).all { first.get(JAVA_BYTE, it) == 0.toByte() }
        }

        /** The header in the [first] bytes of the file [path]. */
        fun read(path: Path, first: MemorySegment): FileHeader {
            if (first.byteSize() < BYTES) {
                throw MappedFileFormatException("the file $path is no Leasehold file: it is too short", path)
            }
            val copies = longArrayOf(0, FileLayout.HEADER_B)
            if (copies.none { first.get(LONG, it) == FileLayout.MAGIC }) {
                throw MappedFileFormatException(
                    "the file $path is no Leasehold file, or its making was not finished: it does not begin with " +
                        "LHMAPPED",
                    path,
                )
            }
            val whole = newest(first)
            if (whole < 0) {
                throw MappedFileFormatException(
                    "the file $path is damaged: the checksums of both headers, at 0 and ${FileLayout.HEADER_B}, are " +
                        "wrong",
                    path,
                )
            }
            return of(path, first, whole)
        }

        private fun isWhole(first: MemorySegment, at: Long) = first.get(LONG, at) == FileLayout.MAGIC &&
            first.get(LONG, at + FileLayout.CHECKSUM_AT) == checksum(first, at)

        private fun of(path: Path, first: MemorySegment, at: Long): FileHeader {
            fun word(offset: Long) = first.get(LONG, at + offset)
            fun refuse(why: String): Nothing = throw MappedFileFormatException("the file $path $why", path)
            val version = word(FileLayout.VERSION_AT)
            if (version != FileLayout.VERSION) {
                refuse("is of version $version, and this library reads version ${FileLayout.VERSION}: use a newer one")
            }
            val page = word(FileLayout.PAGE_AT)
            if (page != FileLayout.PAGE) refuse("has pages of $page bytes, and this library's have ${FileLayout.PAGE}")
            val maxSpans = word(FileLayout.MAX_SPANS_AT)
            val maxSessions = word(FileLayout.MAX_SESSIONS_AT)
            if (maxSpans !in 1..RefWord.MOST_SPANS) refuse("says that it may have $maxSpans spans, which no file can")
            if (maxSessions !in 1..FileLayout.MOST_SESSIONS) refuse("says that it has $maxSessions sessions")
            val durability = word(FileLayout.DURABILITY_AT)
            if (durability !in
                FileLayout.Durability.PROCESS..FileLayout.Durability.NONE
            ) {
                refuse("has the unknown durability $durability")
            }
            val committed =
                Committed(word(FileLayout.EPOCH_AT), word(FileLayout.JOURNAL_AT), word(FileLayout.LENGTH_AT))
            return FileHeader(maxSpans, maxSessions.toInt(), word(FileLayout.ID_AT), durability.toInt(), committed)
        }

        /** Refuses a file that is not as long as its words say. */
        fun requireLength(path: Path, words: FileWords, layout: FileLayout, length: Long) {
            if (length < layout.firstSpan) throw MappedFileTruncatedException(path, layout.firstSpan, length)
            val expected = layout.spanAt(words.get(FileLayout.SPANS).coerceIn(0, layout.maxSpans))
            if (length < expected) throw MappedFileTruncatedException(path, expected, length)
        }
    }
}
