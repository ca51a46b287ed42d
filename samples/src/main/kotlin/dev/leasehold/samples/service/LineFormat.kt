package dev.leasehold.samples.service

/**
 * The text that clients stream: one `station;temperature` line after the other, each ended by a line feed.
 *
 * A name is 1 to 100 bytes of UTF-8 without `;`; a temperature is `-99.9` to `99.9` with exactly one decimal.
 */
internal object LineFormat {
    const val END: Byte = '\n'.code.toByte()
    const val SEPARATOR: Byte = ';'.code.toByte()

    /** The longest name, in bytes. */
    const val MAX_NAME: Int = 100

    /** The longest temperature, `-99.9`, in bytes. */
    const val MAX_TEMPERATURE: Int = 5

    /** The longest line, its separator and its end included, in bytes. */
    const val MAX_LINE: Int = MAX_NAME + 1 + MAX_TEMPERATURE + 1

    /**
     * The most stations in one stream: the public format allows no more, and it bounds what a client can make us hold.
     */
    const val MAX_STATIONS: Int = 10_000

    /** The extremes of a temperature, in tenths of a degree. */
    const val MAX_TENTHS: Int = 999
}

/**
 * A line that the service cannot take. [message] is what the client reads after `ERROR `.
 *
 * @property line its number in the client's stream, from 1
 */
internal class LineRefusedException(val line: Long, reason: String, cause: Throwable? = null) :
    RuntimeException("line $line: $reason", cause)
