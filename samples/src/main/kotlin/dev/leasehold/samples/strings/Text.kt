package dev.leasehold.samples.strings

import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

/** The texts that all read their words from. */
internal enum class Text(private val file: String) {
    HARBOUR("harbour.txt"),
    SHIPS("ships.txt"),
    TIDES("tides.txt"),
    LANTERN("lantern.txt"),
    ;

    /** Its words, each once, in UTF-8. */
    val words: List<Segment>
        get() {
            val stream = checkNotNull(Text::class.java.getResourceAsStream(file)) { "$file is not in the class path" }
            val text = stream.use { it.readBytes().decodeToString() }.lowercase()
            return WORD.findAll(text).map { it.value }.distinct()
                .map { Segment.of(MemorySegment.ofArray(it.encodeToByteArray())) }.toList()
        }

    private companion object {
        val WORD = Regex("\\p{L}+")
    }
}
