package dev.leasehold.testing

/** How hard the tests try: `-Dleasehold.slow=true` trades minutes for more interleavings. */
public object Effort {
    /** Whether the slow tests are asked for. */
    public val slow: Boolean = System.getProperty("leasehold.slow", "false") != "false"

    /** [usually], or [slowly] when the slow tests are asked for. */
    public fun times(usually: Int, slowly: Int): Int = if (slow) slowly else usually

    /** A seed to print, so that a failure can be run again with `-Dleasehold.seed=…`. */
    public fun seed(what: String): Long {
        val seed = System.getProperty("leasehold.seed")?.toLong() ?: System.nanoTime()
        println("$what: seed $seed")
        return seed
    }
}
