package dev.leasehold.memory.internal.diagnostics

/**
 * What some held bytes are.
 *
 * @property used in use, also by other copies of the library
 * @property idle ready for the next requests
 * @property quarantined closed, with kept views that may still be used
 * @property lost of pools and managers that were forgotten
 */
internal class Shares(val used: Long, val idle: Long, val quarantined: Long, val lost: Long) {
    /** All of them. */
    val held: Long get() = used + idle + quarantined + lost

    operator fun plus(other: Shares): Shares =
        Shares(used + other.used, idle + other.idle, quarantined + other.quarantined, lost + other.lost)

    companion object {
        /** None. */
        val NONE = Shares(0, 0, 0, 0)
    }
}
