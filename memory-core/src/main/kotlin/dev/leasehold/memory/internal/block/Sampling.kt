package dev.leasehold.memory.internal.block

import java.util.concurrent.ThreadLocalRandom
import kotlin.math.ln

/**
 * Which rents and allocations are watched where not all are: one in [every], drawn at random, so that no pattern of a
 * program can hide from it. Any thread.
 */
internal object Sampling {
    /** The system property that says what [every] is from the start. */
    private const val PROPERTY = "dev.leasehold.memory.sampleEvery"

    private const val DEFAULT = 1024

    /** Of how many one is watched, on average; 0 where none is. */
    @Volatile
    @JvmField
    var every: Int = maxOf(0, Integer.getInteger(PROPERTY, DEFAULT))

    /** Whether all are watched. */
    val isAll: Boolean get() = every == 1

    /** How long the next sample of one thread waits at least, in nanoseconds, unless all are watched. */
    const val LEAST_GAP_NANOS: Long = 1_000_000

    /** A [gap] that no thread comes to the end of. */
    const val NEVER: Long = Long.MAX_VALUE / 2

    /**
     * How many go by up to the next that is watched, and with it: as many as it takes to draw one in [every], each draw
     * for itself (the geometric distribution, by inversion).
     */
    fun gap(): Long {
        val every = every
        if (every <= 0) return NEVER
        if (every == 1) return 1
        val drawn = 1 - ThreadLocalRandom.current().nextDouble()
        return 1 + (ln(drawn) / ln(1 - 1.0 / every)).toLong()
    }

    /** Draws for one that has no [gap]. */
    fun draw(): Boolean {
        val every = every
        return every > 0 && (every == 1 || ThreadLocalRandom.current().nextInt(every) == 0)
    }

    /** Whether one may be watched at [now] that follows one at [last], by the clock of [System.nanoTime]. */
    fun mayFollow(last: Long, now: Long): Boolean = now - last >= LEAST_GAP_NANOS || isAll
}
