package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.indexOf

/** Finds out why a line was refused, for people: nobody hurries here, and nothing is trusted. */
internal object LineDiagnosis {
    private const val QUOTED = 24

    /** What is wrong with the line at the start of [rest], when [stations] are known already. */
    fun of(rest: Segment, stations: Int): String {
        val end = rest.indexOf(LineFormat.END)
        if (end < 0 || end >= LineFormat.MAX_LINE) return tooLong()
        val line = ByteArray(end.toInt()).also { rest.copyTo(it, length = end) }
        return of(line, rest, stations)
    }

    /** The reason for a line that went on for too long. */
    fun tooLong(): String =
        "too long: no end within ${LineFormat.MAX_LINE} bytes; a name has at most ${LineFormat.MAX_NAME}, " +
            "a temperature at most ${LineFormat.MAX_TEMPERATURE}"

    /** The reason for a stream that ended within a line. */
    fun cutOff(bytes: Long): String = "cut off after $bytes bytes: the stream ended before the line did"

    private fun of(line: ByteArray, rest: Segment, stations: Int): String {
        val name = line.indexOf(LineFormat.SEPARATOR)
        return when {
            name < 0 -> "no ';' between station and temperature in '${quote(line)}'"
            name == 0 -> "no station before the ';'"
            name > LineFormat.MAX_NAME -> "a name of $name bytes; at most ${LineFormat.MAX_NAME} are allowed"
            !Utf8Check.isUtf8(rest, 0, name) -> "the name is not UTF-8: '${quote(line.copyOf(name))}'"
            !TEMPERATURE.matches(text(line, name)) -> noTemperature(line.copyOfRange(name + 1, line.size))
            else -> tooMany(stations)
        }
    }

    private fun noTemperature(text: ByteArray): String =
        "'${quote(text)}' is no temperature; write -99.9 to 99.9 with one decimal"

    /** The reason for a station that is one too many. */
    fun tooMany(stations: Int): String = "one station more than the $stations that a stream may have"

    private fun text(line: ByteArray, separator: Int) =
        String(line, separator + 1, line.size - separator - 1, Charsets.ISO_8859_1)

    /** The bytes as plain ASCII on one line, whatever a client has sent, for logs and terminals. */
    private fun quote(bytes: ByteArray): String {
        val shown = bytes.take(QUOTED).joinToString("") { byte ->
            if (byte in ' '.code..'~'.code) byte.toInt().toChar().toString() else "\\x%02x".format(byte)
        }
        return if (bytes.size > QUOTED) "$shown…" else shown
    }

    private val TEMPERATURE = Regex("-?[0-9]{1,2}\\.[0-9]")
}
