package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.indexOf

/**
 * Parses lines where they lie and adds them to a [StationTable]; it copies nothing and makes no object.
 *
 * It looks for the separator only, eight bytes at a time, and trusts it: a line without one runs into the next line,
 * which then shows up as a line feed in a name that no table knows. So a good line pays for no check that a bad one
 * needs, and what exactly was wrong is found out afterwards, by [LineDiagnosis].
 */
internal class LineParser(private val table: StationTable) {
    /** How many lines have been taken. */
    var lines: Long = 0
        private set

    /**
     * Takes all whole lines between [from] and [to] of [buffer], which has [SLACK] readable bytes behind [to].
     *
     * @return where the line begins whose end is not there yet, or that the table has no room for as long as it
     *   [is full][StationTable.isFull]; [to] if there is none
     * @throws LineRefusedException at the first line that is not well-formed
     */
    fun parse(buffer: Segment, from: Long, to: Long): Long {
        var at = from
        // As long as the longest line fits in what is left, its end need not be looked for.
        val sure = to - LineFormat.MAX_LINE
        while (at <= sure) {
            val taken = take(buffer, at, to)
            if (taken == 0L) return at
            at += taken
        }
        while (at < to && hasEnd(buffer, at, to)) {
            val taken = take(buffer, at, to)
            if (taken == 0L) return at
            at += taken
        }
        return at
    }

    /** The refusal of the line after the last that was taken. */
    fun refusal(reason: String, cause: Throwable? = null): LineRefusedException =
        LineRefusedException(lines + 1, reason, cause)

    private fun hasEnd(buffer: Segment, at: Long, to: Long): Boolean =
        buffer.slice(at, to - at).indexOf(LineFormat.END) >= 0

    /** Takes the line at [at] and answers how many bytes it took; 0 when the table has to grow first. */
    private fun take(buffer: Segment, at: Long, to: Long): Long {
        var hash = 0L
        var offset = at
        var word = NameBytes.word(buffer, offset)
        var mark = NameBytes.separatorIn(word)
        while (mark == 0L) {
            hash = NameBytes.mix(hash, word)
            offset += Long.SIZE_BYTES
            if (offset - at > LineFormat.MAX_NAME) refuse(buffer, at, to)
            word = NameBytes.word(buffer, offset)
            mark = NameBytes.separatorIn(word)
        }
        hash = NameBytes.mix(hash, NameBytes.before(mark, word))
        val length = (offset - at).toInt() + (mark.countTrailingZeroBits() ushr 3)
        val parsed = Tenths.parse(NameBytes.word(buffer, at + length + 1))
        val good = parsed != Tenths.NONE && length - 1 in 0 until LineFormat.MAX_NAME
        if (!good) refuse(buffer, at, to)
        if (!table.add(buffer, at, length, hash, Tenths.valueOf(parsed))) {
            if (table.isFull) return 0
            refuse(buffer, at, to)
        }
        lines++
        return length + 1L + Tenths.lengthOf(parsed)
    }

    private fun refuse(buffer: Segment, at: Long, to: Long): Nothing =
        throw refusal(LineDiagnosis.of(buffer.slice(at, to - at), table.count))

    companion object {
        /** How many bytes past the end of the lines the parser may look at, whatever they are. */
        const val SLACK: Int = 128
    }
}
