package dev.leasehold.samples.service

/** The challenge's rounding, in whole tenths so that no binary fraction can disagree with it. */
internal object Rounding {
    /**
     * The mean of [count] measurements that add up to [sum] tenths, in tenths, half a tenth rounded up, also below
     * zero.
     */
    fun mean(sum: Long, count: Long): Int = Math.floorDiv(2 * sum + count, 2 * count).toInt()
}
