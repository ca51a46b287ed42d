package dev.leasehold.testing

/**
 * How hard the tests try: `-Dleasehold.slow=20` lets the random and the racing ones do twenty times the usual work. The
 * profile `slow` sets a factor that fits into an hour.
 */
public object Effort {
    private val factor: Int = System.getProperty("leasehold.slow", "1").toInt()

    /** [usually] that many times, or more with `-Dleasehold.slow`. */
    public fun times(usually: Int): Int = Math.multiplyExact(usually, factor)

    /** How long a thread may take for what [usually] takes at most this, in seconds, before it counts as stuck. */
    public fun seconds(usually: Long): Long = Math.multiplyExact(usually, factor.toLong())

    /** A seed to print, so that a failure can be run again with `-Dleasehold.seed=…`. */
    public fun seed(what: String): Long {
        val seed = System.getProperty("leasehold.seed")?.toLong() ?: System.nanoTime()
        println("$what: seed $seed")
        return seed
    }
}
