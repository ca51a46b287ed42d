package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.internal.block.BlockKind
import java.nio.file.Path

/**
 * Checks words of the file before they are used as numbers, lengths and offsets: a file may be damaged in any of them.
 * What must not change meanwhile is the caller's, by a lock or because it owns it.
 */
internal class FileChecks(private val path: Path, private val words: FileWords, private val layout: FileLayout) {
    private val faults = FileFaults(words, layout)

    /** Refuses the file for what is at [offset]. */
    fun damaged(offset: Long, what: String): Nothing = throw MappedFileDamagedException(
        "the file $path is damaged at $offset: $what; MappedMemory.verify tells all that is",
        path,
        offset,
    )

    private fun refuse(fault: Verification.Fault?) {
        if (fault != null) damaged(fault.offset, fault.what)
    }

    /** Refuses a number of spans that the file cannot have. */
    fun requireSpans() {
        val spans = words.get(FileLayout.SPANS)
        if (spans !in 0..layout.maxSpans) damaged(FileLayout.SPANS, "it cannot have $spans spans")
    }

    /** The largest number that a session ever had. */
    fun mostSession(): Int {
        val most = words.get(FileLayout.MOST_SESSION)
        if (most !in 0..layout.maxSessions) damaged(FileLayout.MOST_SESSION, "session $most is beyond the last")
        return most.toInt()
    }

    /** Up to which slot the session [number] may hold something. */
    fun mostHolds(number: Int): Long {
        val at = layout.session(number) + FileLayout.MOST_HOLDS
        val most = words.get(at)
        if (most !in 0..FileLayout.HOLD_COUNT) damaged(at, "session $number cannot hold $most blocks")
        return most
    }

    /** Refuses logs of the session [number] that would change what no change is of. */
    fun requireLogs(number: Int): Unit = refuse(faults.ofLogs(number))

    /** Refuses the run at [span], which has blocks and the span word [word], if anything is wrong with it. */
    fun requireRun(span: Long, word: Long): Unit = refuse(faults.ofRun(span, word))

    /** How many spans the run at [span] has, of any kind, owned or being released. */
    fun lengthOf(span: Long): Long {
        val at = layout.spanAt(span) + FileLayout.RUN_LENGTH
        val length = words.get(at)
        if (!faults.isLength(span, length)) damaged(at, "a run at span $span cannot have $length spans")
        return length
    }

    /** Refuses a state word that no block can have. */
    fun requireState(place: Place, word: Long) {
        if (!StateWord.isPossible(word)) damaged(place.state, "a block has the impossible word $word")
    }

    /** The size of the linked block at [place]; -1 when it has none that is possible. */
    fun sizeOf(place: Place): Long {
        if (place.shape.code != BlockKind.LARGE) return sizeNow(place)
        // It may become longer or shorter just now, under the lock of links: then its words do not say it together.
        repeat(TRIES) {
            val isQuiet = words.get(FileLayout.LINK_LOCK) == 0L
            val word = words.get(place.state)
            val size = sizeNow(place)
            if (isQuiet && words.get(FileLayout.LINK_LOCK) == 0L && words.get(place.state) == word) return size
            Thread.onSpinWait()
        }
        return sizeNow(place)
    }

    private fun sizeNow(place: Place): Long {
        if (place.shape.code == BlockKind.LARGE && !faults.isLength(place.span, place.length(words))) return -1
        val size = place.size(words, words.get(place.state))
        return if (size in 0..place.bytes(words)) size else -1
    }

    private companion object {
        const val TRIES = 100
    }
}
