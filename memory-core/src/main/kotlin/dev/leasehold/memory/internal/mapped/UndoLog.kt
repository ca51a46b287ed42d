package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileLimitException
import java.util.zip.CRC32C

/**
 * What words had in blocks that were linked long ago, when a transaction sets them first: the journal has not had them
 * until then, and the system may write the new value to the disk before the next commit. It is forced before the word
 * is set, and counts until that commit. Under the lock of the journal.
 */
internal class UndoLog(private val sessions: Sessions) {
    private val words = sessions.words
    private val layout = sessions.layout

    /** Writes down what the words at [offsets] have now. */
    fun write(offsets: Collection<Long>) {
        val epoch = words.get(FileLayout.EPOCH)
        val log = layout.undoOf(epoch)
        val from = words.get(FileLayout.UNDO_TAIL)
        if (from + offsets.size * BYTES > FileLayout.UNDO) throw full()
        var at = log + from
        for (offset in offsets) {
            words.setQuietly(at, epoch)
            words.setQuietly(at + OFFSET_AT, offset)
            words.setQuietly(at + VALUE_AT, words.get(offset))
            words.setQuietly(at + CHECK_AT, check(at))
            at += BYTES
        }
        words.set(FileLayout.UNDO_TAIL, at - log)
        val page = (log + from) and -FileLayout.PAGE
        sessions.file.force(page, at - page)
    }

    private fun full() = MappedFileLimitException(
        "the file ${sessions.file.path} can have no more than $MOST words of blocks set first between two commits: " +
            "commit earlier",
        sessions.file.path,
        MOST,
    )

    private fun check(at: Long): Long {
        val crc = CRC32C()
        crc.update(words.bytes().asSlice(at, CHECK_AT).asByteBuffer())
        return crc.value
    }

    /** Gives the words back what they had at the commit [committed]. */
    fun restore(committed: Long) {
        val done = HashSet<Long>()
        // Of the commit that came next, and of the one after that, if the first was under way.
        for (epoch in committed + 1..committed + 2) {
            val log = layout.undoOf(epoch)
            for (at in log until log + FileLayout.UNDO step BYTES) {
                if (words.get(at) != epoch || words.get(at + CHECK_AT) != check(at)) continue
                val offset = words.get(at + OFFSET_AT)
                if (done.add(offset)) words.setQuietly(offset, words.get(at + VALUE_AT))
            }
        }
    }

    private companion object {
        const val OFFSET_AT = 8L
        const val VALUE_AT = 16L
        const val CHECK_AT = 24L
        const val BYTES = 32L
        const val MOST = (FileLayout.UNDO / BYTES).toInt()
    }
}
