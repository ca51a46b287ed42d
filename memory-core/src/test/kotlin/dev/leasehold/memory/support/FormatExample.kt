package dev.leasehold.memory.support

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.mapped.FileHeader
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.Place
import dev.leasehold.memory.internal.mapped.RefWord
import dev.leasehold.memory.internal.mapped.RunShape
import dev.leasehold.memory.internal.mapped.SpanWord
import dev.leasehold.memory.internal.mapped.StateWord
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import java.lang.foreign.Arena
import java.nio.channels.FileChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE

/** The file that `docs/mapped-format.md` shows: always the same bytes, and what each word of them is. */
internal object FormatExample {
    private const val MAX_SPANS = 8L
    private const val MAX_SESSIONS = 2
    private const val FILE_ID = 0x0123_4567_89AB_CDEFL
    private const val PROCESS = 4711L
    private const val STARTED = 1_750_000_000_000L
    private val layout = FileLayout(MAX_SPANS, MAX_SESSIONS)

    /** Makes the file [path]. */
    fun make(path: Path) {
        val configure: MappedOptions.() -> Unit = {
            size = 256.KiB
            growth = 64.KiB
            maxSize = MAX_SPANS * FileLayout.SPAN
            maxSessions = MAX_SESSIONS
            limit = 1.MiB
        }
        MappedFiles.open(path, configure).use { manager ->
            root(manager, "greeting", 5, 0x6f_6c6c_6548)
            root(manager, "numbers", 100, 42)
            root(manager, "large", 70_000, 43)
            manager.setUserWord(0, 7)
        }
        fixRandomWords(path)
    }

    private fun root(manager: MappedMemoryManager, name: String, size: Long, content: Long) {
        manager.allocate(size).use { block ->
            block.withSegment { bytes ->
                for (at in 0 until minOf(size, 8)) bytes.setByte(at, (content ushr 8 * at.toInt()).toByte())
            }
            manager.roots[name] = block
        }
    }

    private fun fixRandomWords(path: Path): Unit = withWords(path) { words ->
        FileHeader(MAX_SPANS, MAX_SESSIONS, FILE_ID).write(words)
        words.set(FileLayout.BOOT_ID, 0x1122_3344_5566_7788)
        words.set(FileLayout.BOOT_ID + Long.SIZE_BYTES, -0x6655_4433_2211_0100)
        words.set(layout.session(1) + FileLayout.PROCESS, PROCESS)
        words.set(layout.session(1) + FileLayout.STARTED, STARTED)
    }

    /** Runs [action] with the words of the file [path], which nobody has open. */
    fun <R> withWords(path: Path, action: (FileWords) -> R): R = FileChannel.open(path, READ, WRITE).use { channel ->
        Arena.ofShared().use { arena ->
            action(FileWords(channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size(), arena)))
        }
    }

    /** All words of the file [path] that are not 0, a line each; of those like the one before only how many. */
    fun describe(path: Path): List<String> = withWords(path) { words -> Description(words).lines() }

    private class Description(private val words: FileWords) {
        private val lines = ArrayList<String>()
        private var before = ""
        private var repeated = 0

        fun lines(): List<String> {
            for (at in 0 until layout.spanAt(words.get(FileLayout.SPANS)) step Long.SIZE_BYTES.toLong()) {
                val word = words.get(at)
                if (word != 0L || at == layout.lane(1)) add(at, word, meaning(at, word))
            }
            endRepeated()
            return lines
        }

        private fun add(at: Long, word: Long, meaning: String) {
            // Of blocks that differ by their number only, one is enough.
            val like = meaning.replace(Regex("block \\d+"), "block")
            if (like == before && CACHED in meaning) {
                repeated++
                return
            }
            endRepeated()
            before = like
            lines.add("%06x  %s  %s".format(at, hex(word), meaning))
        }

        private fun endRepeated() {
            if (repeated > 0) lines.add("        ... and %,d more like it".format(repeated))
            repeated = 0
        }

        private fun hex(word: Long) = (0 until 8).joinToString(" ") { "%02x".format(word ushr 8 * it and 0xff) }

        private fun meaning(at: Long, word: Long): String = when {
            at < FileLayout.HEADER_B -> "header A: ${header(at, word)}"
            at < FileLayout.SPANS -> "header B: ${header(at - FileLayout.HEADER_B, word)}"
            at < layout.session(1) -> live(at, word)
            at < layout.lanes -> session(at - layout.session(1), word)
            at < layout.holds -> log(at - layout.lanes, word)
            at < layout.roots -> "holds"
            at < layout.spanTable -> root(at - layout.roots, word)
            at < layout.firstSpan -> "span ${(at - layout.spanTable) / 8}: ${span(word)}"
            else -> inRun(at, word)
        }

        private fun header(at: Long, word: Long): String = when (at) {
            FileLayout.MAGIC_AT -> "LHMAPPED"
            FileLayout.VERSION_AT -> "version $word"
            FileLayout.PAGE_AT -> "pages of $word bytes"
            FileLayout.MAX_SPANS_AT -> "at most $word spans"
            FileLayout.MAX_SESSIONS_AT -> "at most $word sessions"
            FileLayout.ID_AT -> "the file's random number"
            FileLayout.CHECKSUM_AT -> "CRC32C of the bytes 8 to 4087 of this header"
            else -> error("nothing is at $at of a header")
        }

        private fun live(at: Long, word: Long): String = when {
            at == FileLayout.SPANS -> "$word spans"
            at == FileLayout.BOOT_ID || at == FileLayout.BOOT_ID + 8 -> "the start of the system"
            at == FileLayout.GIVEN_UP -> "runs were given up $word times"
            at == FileLayout.MOST_SESSION -> "no session had a larger number than $word"
            at >= FileLayout.USER_WORDS -> "user word ${(at - FileLayout.USER_WORDS) / 8}"
            else -> error("nothing is at $at of the live page")
        }

        private fun session(at: Long, word: Long): String = "session ${at / 128 + 1}: " + when (at % 128) {
            FileLayout.INCARNATION -> "the $word. of this number"
            FileLayout.PROCESS -> "process $word"
            FileLayout.STARTED -> "began at $word ms"
            else -> error("nothing is at $at of a session")
        }

        private fun log(at: Long, word: Long): String = "log of session ${at / FileLayout.LANE + 1}: " +
            when (val within = at % FileLayout.LANE) {
                0L -> "$word words to be stored"
                else -> if (within % 16 == 0L) "(done) at 0x${hexOf(word)} comes" else "(done) this"
            }

        private fun root(at: Long, word: Long): String = "root ${at / FileLayout.ROOT_BYTES}: " +
            when (at % FileLayout.ROOT_BYTES) {
                0L -> "span ${RefWord.span(word)}, block ${RefWord.index(word)}, generation ${RefWord.generation(word)}"
                FileLayout.ROOT_LENGTH -> "a name of $word bytes"
                else -> "'${text(word)}'"
            }

        private fun text(word: Long) = (0 until 8).map { (word ushr 8 * it and 0xff).toInt().toChar() }
            .filter { it != '\u0000' }.joinToString("")

        private fun span(word: Long): String = when (SpanWord.state(word)) {
            SpanWord.OWNED -> "owned by session ${SpanWord.session(word)}, code ${SpanWord.code(word)}"
            SpanWord.ABANDONED -> "abandoned, code ${SpanWord.code(word)}"
            SpanWord.TAIL -> "tail"
            SpanWord.EMPTY -> "empty, the next generation is ${SpanWord.base(word)}"
            else -> error("no session has changed a span")
        }

        private fun inRun(at: Long, word: Long): String {
            var span = layout.spanOf(at)
            while (SpanWord.state(words.get(layout.spanWord(span))) == SpanWord.TAIL) span--
            val within = at - layout.spanAt(span)
            val shape = RunShape.of(SpanWord.code(words.get(layout.spanWord(span))))
            return "span $span: " + when {
                within == FileLayout.REMOTE -> "$word blocks were freed by others"
                within == FileLayout.RUN_LENGTH -> "a run of $word spans"
                within < shape.wordOf(shape.count) -> block(span, (within - FileLayout.RUN_HEAD).toInt() / 8, word)
                else -> content(span, shape, within)
            }
        }

        private fun block(span: Long, index: Int, word: Long): String =
            "block $index, " + when (StateWord.state(word)) {
                StateWord.CACHED -> "$CACHED by session ${StateWord.session(
                    word,
                )}, generation ${StateWord.generation(word)}"

                StateWord.LINKED -> "linked ${StateWord.links(word)} time, ${unused(word)}, generation " +
                    "${StateWord.generation(word)}"

                else -> error("block $index of span $span is neither cached nor linked")
            }

        private fun unused(word: Long): String {
            val slack = StateWord.slack(word)
            return if (slack == StateWord.IN_TAIL) "its size in its last word" else "$slack bytes unused"
        }

        private fun content(span: Long, shape: RunShape, within: Long): String {
            val index = if (shape.code == BlockKind.LARGE) 0 else shape.indexOf(within)
            val place = Place(layout, span, shape, index)
            val end = shape.blockOf(index) + place.bytes(words)
            return "block $index, " + if (within == end - 8 && place.bytes(words) > 16) "its size" else "its bytes"
        }
    }

    private fun hexOf(word: Long) = java.lang.Long.toHexString(word)

    private const val CACHED = "cached"
}
