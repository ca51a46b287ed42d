package dev.leasehold.memory.internal.mapped

import java.util.zip.CRC32C

/** The checksums in a journal: each is of all entries since the one before. */
internal object JournalSeal {
    /** The checksum of the [bytes] bytes from [from] on. */
    fun of(words: FileWords, from: Long, bytes: Long): Long {
        val crc = CRC32C()
        for (at in from until from + bytes step PIECE) {
            crc.update(words.bytes().asSlice(at, minOf(PIECE, from + bytes - at)).asByteBuffer())
        }
        return crc.value
    }

    /** How many of the [bytes] bytes of the journal at [start] have right checksums. */
    fun sealedBytes(words: FileWords, start: Long, bytes: Long): Long {
        var sealed = 0L
        for (at in 0 until bytes step JournalEntry.BYTES) {
            if (words.get(start + at) != JournalEntry.seal()) continue
            if (words.get(start + at + Long.SIZE_BYTES) != of(words, start + sealed, at - sealed)) break
            sealed = at + JournalEntry.BYTES
        }
        return sealed
    }

    // A buffer has no more.
    private const val PIECE = 1L shl 30
}
