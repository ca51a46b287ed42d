package dev.leasehold.memory.mapped

import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileMap
import dev.leasehold.memory.internal.mapped.Sessions
import dev.leasehold.memory.internal.mapped.SpanWord
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import java.nio.file.Path
import java.time.Instant

/**
 * What lies where in a file, and whose it is: what [MappedMemory.map] has seen.
 *
 * @property path the file
 * @property runs all that is in the file for blocks, without gaps, in the order of the file
 * @property sessions who has the file open, or has died with it
 */
public class MappedMap private constructor(
    public val path: Path,
    public val runs: List<MappedRun>,
    public val sessions: List<MappedSession>,
) {
    /** How many bytes the file has for blocks: all runs together. */
    public val size: Long = runs.sumOf { it.size }

    /** Each session and each run in a line of its own. */
    override fun toString(): String {
        val head = "$path: ${bytes(size)} for blocks, ${counted(runs.size.toLong(), "run")}, " +
            counted(sessions.size.toLong(), "session")
        return (listOf(head) + sessions + runs).joinToString("\n")
    }

    internal companion object {
        fun of(path: Path, sessions: Sessions): MappedMap {
            val layout = sessions.layout
            val runs = FileMap(sessions.words, layout).runs().map { MappedRun(layout.spanAt(it.span), it) }
            val most = sessions.words.get(FileLayout.MOST_SESSION).coerceIn(0, layout.maxSessions.toLong()).toInt()
            return MappedMap(path, runs, (1..most).filter(sessions::isActive).map { sessionOf(it, sessions) })
        }

        private fun sessionOf(number: Int, sessions: Sessions): MappedSession {
            // Who reads can ask for locks only where the system has those of several processes.
            val hasDied = sessions.file.isShared && !sessions.file.isLocked(FileLayout.sessionByte(number))
            return MappedSession(number, sessions.processOf(number), sessions.startOf(number), hasDied)
        }
    }
}

/**
 * A part of a file that is one thing: free, or blocks of one size. It is a multiple of 64 KiB.
 *
 * @property offset where it begins, in bytes from the start of the file
 */
public class MappedRun internal constructor(public val offset: Long, run: FileMap.Run) {
    /** How many bytes it has, the words that tell of its blocks included. */
    public val size: Long = run.spans * FileLayout.SPAN

    /** What it is. */
    public val state: MappedRunState = MappedRunState.of(run.word, run.blocks.all)

    /** The number of the session that takes blocks from it; 0 when there is none. */
    public val session: Int = if (state == MappedRunState.OWNED) SpanWord.session(run.word) else 0

    /** How many bytes each of its blocks has; 0 when it has none. */
    public val blockSize: Long = run.blockBytes

    /** How many blocks it has. */
    public val blocks: Int = run.blocks.all

    /** How many of its blocks links lead to: they stay whatever happens to processes. */
    public val linked: Int = run.blocks.linked

    /** How many of its blocks a process has in use to which no link leads: they end with it. */
    public val held: Int = run.blocks.held

    /** How many of its blocks are free, those included that a session has at hand. */
    public val free: Int get() = blocks - linked - held

    /** `at 65,536: 65,536 bytes, owned by session 1, 63 blocks of 1,024 bytes: 2 linked, 1 held, 60 free`. */
    override fun toString(): String {
        val whose = if (state == MappedRunState.OWNED) "owned by session $session" else state.name.lowercase()
        val inside = if (blocks == 0) {
            ""
        } else {
            ", ${counted(blocks.toLong(), "block")} of ${bytes(blockSize)}: $linked linked, $held held, $free free"
        }
        return "at ${grouped(offset)}: ${bytes(size)}, $whose$inside"
    }
}

/** What a [MappedRun] can be. */
public enum class MappedRunState {
    /** Nothing is in it. */
    FREE,

    /** A session takes blocks from it. */
    OWNED,

    /** It has blocks, and no session takes any from it: the next one that needs some of their size does. */
    ABANDONED,

    /**
     * A session takes it or gives it back, or has died in the middle of that. In a damaged file also what makes no
     * sense; [MappedMemory.verify] says whether it is.
     */
    CHANGING,

    ;

    internal companion object {
        fun of(word: Long, blocks: Int): MappedRunState = when (SpanWord.state(word)) {
            SpanWord.EMPTY -> FREE
            SpanWord.OWNED if (blocks > 0) -> OWNED
            SpanWord.ABANDONED if (blocks > 0) -> ABANDONED
            else -> CHANGING
        }
    }
}

/**
 * A process that has a file open; one that has it open several times is as many sessions.
 *
 * @property number its number in the file, from 1 on
 * @property process the number of the process, in its own container
 * @property started when it has opened the file, in milliseconds since 1970
 * @property hasDied whether it has ended without closing the file, and nobody has put in order yet what it left; false
 *   where the system cannot tell
 */
public class MappedSession internal constructor(
    public val number: Int,
    public val process: Long,
    public val started: Long,
    public val hasDied: Boolean,
) {
    /** `session 1: process 4711 since 2026-11-29T12:00:00Z`. */
    override fun toString(): String = "session $number: process $process since ${Instant.ofEpochMilli(started)}" +
        if (hasDied) ", which has died" else ""
}
