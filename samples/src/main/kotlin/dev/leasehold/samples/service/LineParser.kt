package dev.leasehold.samples.service

import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.toByteArray

/** The text that clients send: lines `station;temperature`, as in the One Billion Row Challenge. */
object LineFormat {
    const val END: Byte = '\n'.code.toByte()
    const val SEPARATOR: Byte = ';'.code.toByte()

    /** The longest name, in bytes of UTF-8. */
    const val MAX_NAME = 100

    /** The longest line in bytes: a name, the separator, a temperature such as `-99.9`, and the end. */
    const val MAX_LINE = MAX_NAME + 1 + 5 + 1

    /** The most stations in one stream. It bounds what a single client can make the service hold. */
    const val MAX_STATIONS = 10_000
}

/** A line that the service cannot take. The client is sent the message, with the number of the line in its stream. */
class LineRefusedException(line: Long, reason: String, cause: Throwable? = null) :
    RuntimeException("line $line: $reason", cause)

/**
 * Reads the lines of one stream where they lie. It copies nothing, and makes an object for the first line of a station
 * only.
 *
 * These are plain functions, and the coroutine calls them inside of `withSegment`, with what one read has brought. A
 * loop over bytes in the body of a suspending function would be slower, because the JVM optimises such a function less.
 */
class LineParser {
    /** How many lines have been taken. */
    var lines = 0L
        private set

    /** Whether the last call ended because the table has no room for one more station. */
    var needsRoom = false
        private set

    /**
     * Adds the whole lines of [bytes] to [table], up to the first that the table has no room for.
     *
     * @return how many bytes were taken
     * @throws LineRefusedException at the first line that is not well-formed
     */
    fun parse(bytes: Segment, table: StationTable): Long {
        needsRoom = false
        var at = 0L
        while (true) {
            val end = bytes.indexOf(LineFormat.END, at)
            if ((if (end < 0) bytes.size else end) - at >= LineFormat.MAX_LINE) refuseLength()
            if (end < 0 || !take(bytes, at, end, table)) return at
            lines++
            at = end + 1
        }
    }

    /** Refuses the line behind the last that was taken. */
    fun refuse(reason: String, cause: Throwable? = null): Nothing = throw LineRefusedException(lines + 1, reason, cause)

    /** Takes the line from [at] to [end], and returns false when its station is new and finds no room. */
    private fun take(bytes: Segment, at: Long, end: Long, table: StationTable): Boolean {
        val separator = bytes.indexOf(LineFormat.SEPARATOR, at)
        val length = (separator - at).toInt()
        if (separator !in at..<end) refuse("no ';' between station and temperature in '${quote(bytes, at, end)}'")
        if (length == 0) refuse("no station before the ';'")
        if (length > LineFormat.MAX_NAME) refuse("a name of $length bytes; at most ${LineFormat.MAX_NAME} are allowed")
        val tenths = tenths(bytes, separator + 1, end)
        if (tenths == NO_TEMPERATURE) refuseTemperature(bytes, separator + 1, end)
        val hash = hash(bytes, at, separator)
        var record = table.find(bytes, at, length, hash)
        if (record == StationTable.NONE) record = enter(bytes, at, length, hash, table)
        needsRoom = record == StationTable.NONE
        if (!needsRoom) table.add(record, tenths)
        return !needsRoom
    }

    private fun enter(bytes: Segment, at: Long, length: Int, hash: Int, table: StationTable): Long {
        if (table.count == LineFormat.MAX_STATIONS) {
            refuse("one station more than the ${LineFormat.MAX_STATIONS} that a stream may have")
        }
        try {
            val _ = bytes.getUtf8(at, length.toLong())
        } catch (malformed: MalformedTextException) {
            refuse("the name is not UTF-8: '${quote(bytes, at, at + length)}'", malformed)
        }
        return table.insert(bytes, at, length, hash)
    }

    private fun refuseLength(): Nothing =
        refuse("too long: no end within ${LineFormat.MAX_LINE} bytes, with a name of at most ${LineFormat.MAX_NAME}")

    private fun refuseTemperature(bytes: Segment, from: Long, end: Long): Nothing =
        refuse("'${quote(bytes, from, end)}' is no temperature; write -99.9 to 99.9 with one decimal")

    companion object {
        /** What [tenths] returns for anything but a temperature. */
        const val NO_TEMPERATURE = Int.MIN_VALUE

        /** The temperature between [from] and [end] in tenths of a degree, so that sums are exact. */
        fun tenths(bytes: Segment, from: Long, end: Long): Int {
            val minus = from < end && bytes.getByte(from) == '-'.code.toByte()
            val first = if (minus) from + 1 else from
            if (end - first !in 3..4 || bytes.getByte(end - 2) != '.'.code.toByte()) return NO_TEMPERATURE
            var tenths = 0
            for (at in first..<end) {
                if (at == end - 2) continue
                val digit = bytes.getByte(at) - '0'.code
                if (digit !in 0..9) return NO_TEMPERATURE
                tenths = 10 * tenths + digit
            }
            return if (minus) -tenths else tenths
        }

        private fun hash(bytes: Segment, from: Long, end: Long): Int {
            var hash = 0
            for (at in from..<end) hash = 31 * hash + bytes.getByte(at)
            return hash xor (hash ushr 15)
        }

        /** The start of some bytes as plain ASCII on one line, whatever a client has sent. */
        private fun quote(bytes: Segment, from: Long, end: Long): String {
            val shown = bytes.slice(from, minOf(end - from, 24)).toByteArray().joinToString("") { byte ->
                if (byte in ' '.code..'~'.code) "${byte.toInt().toChar()}" else "\\x%02x".format(byte)
            }
            return if (end - from > 24) "$shown…" else shown
        }
    }
}
