package dev.leasehold.samples.strings

import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.permanent.PermanentTable
import java.util.Locale
import kotlin.math.abs

/** All that the program says in words and figures. */
internal object Report {
    private const val VISIT = "  %-9s  %7s  %-38s  %7s  %14s  %14s  %5s  %3s"
    private const val WORD = "  %-9s  %6s  %14s  %-11s  %s"
    private const val BUFFER = "  %14s  %14s  %13s  %5s  %s"
    private const val WORDS_OF_EACH = 3

    /** What is to be seen, and what the columns are. */
    fun head(): String = "One table of words, found by its name. Nobody is handed it, and nobody copies it.\n\n" +
        line(VISIT, "who", "process", "its class of the table", "records", "first record", "read at", "found", "new")

    /** What one has found. */
    fun visit(visit: Visit): String = with(visit) {
        val (before, old, new) = listOf(records, found.size, appended.size)
        line(VISIT, who, "$process", copy, "$before", hex(first), hex(here), "$old", "$new")
    }

    /** Of the words that each has appended those that most others have found, and what the last of them has added. */
    fun words(table: PermanentTable, visits: List<Visit>): String = buildString {
        appendLine()
        appendLine(line(WORD, "word", "number", "address", "appended by", "found by"))
        val finders = (0 until table.size).associateWith { number -> visits.filter { number in it.found } }
        for ((author, numbers) in finders.keys.groupBy { number -> visits.find { number in it.appended } }) {
            val found = numbers.sortedByDescending { finders.getValue(it).size }.take(WORDS_OF_EACH)
            for (number in found) {
                val names = finders.getValue(number).joinToString { it.who }
                val (word, address) = table[number].getUtf8() to hex(table.addressOf(number))
                appendLine(line(WORD, word, "$number", address, author?.who ?: "one before", names))
            }
        }
        val last = visits.last()
        appendLine("  …\n")
        appendLine(
            "  ${table.size} words are there. These the ${last.who} has added, and the host reads them in place:",
        )
        append(last.appended.joinToString(" ", "  ") { table[it].getUtf8() })
    }

    /** The buffers, as [guest] has seen them, and why they lie where they do. */
    fun buffers(guest: Visit, landmarks: Landmarks): String = buildString {
        appendLine()
        appendLine(line(BUFFER, "in the host", "in the guest", "bytes", "used", "the buffer"))
        for (place in guest.places) {
            val (size, used) = count(place.size) to count(place.used)
            appendLine(line(BUFFER, hex(place.base), hex(place.here), size, used, landmarks.purposeOf(place)))
        }
        val distance = landmarks.slot - landmarks.malloc
        appendLine("\n  malloc is at ${hex(landmarks.malloc)}, and a word with its address at ${hex(landmarks.slot)}:")
        append("  ${count(abs(distance))} bytes away, where a jump of a POWER processor reaches ")
        appendLine("${count(Landmarks.REACH)}.")
        appendLine("  The address ${hex(landmarks.short)} fits into 32 bits.")
    }

    private fun count(number: Long) = "%,d".format(Locale.ROOT, number)

    private fun line(format: String, vararg cells: String): String = format.format(Locale.ROOT, *cells).trimEnd()
}

/** [address] as all write it. */
internal fun hex(address: Long): String = "0x${java.lang.Long.toHexString(address)}"
