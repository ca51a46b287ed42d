package dev.leasehold.benchmarks.fragmentation

/**
 * What one moment of a replay showed, in bytes.
 *
 * @property live requested and not freed
 * @property reserved held from the system, or null when the heap does not say
 * @property resident by how much the process has grown in physical memory
 */
internal class ResidentSample(val live: Long, val reserved: Long?, val resident: Long) {
    /** How far this is above the bar; negative when it is below. */
    val excess: Long get() = resident - (live + 3 * live / 10 + SLACK)

    /** Whether it keeps the bar: at most 1.3 times what lives, and 16 MiB. */
    val isWithinBar: Boolean get() = excess <= 0

    private companion object {
        const val SLACK = 16L shl 20
    }
}

/** All samples of one replay, of which the telling ones are kept. */
internal class ResidentSamples {
    private var count = 0
    private var within = 0

    /** That with the largest resident size. */
    lateinit var peak: ResidentSample
        private set

    /** That which is furthest above the bar, or least below it. */
    lateinit var worst: ResidentSample
        private set

    /** The last one. */
    lateinit var last: ResidentSample
        private set

    /** How many of a hundred samples kept the bar. */
    val percentWithinBar: Int get() = 100 * within / count

    fun add(sample: ResidentSample) {
        if (count == 0 || sample.resident > peak.resident) peak = sample
        if (count == 0 || sample.excess > worst.excess) worst = sample
        last = sample
        count++
        if (sample.isWithinBar) within++
    }
}
