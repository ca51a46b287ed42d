package dev.leasehold.benchmarks.fragmentation

/** Marsaglia's xorshift64* from [seed], so a replay in any language can repeat a trace. */
internal class TraceRandom(seed: Long) {
    private var state = seed

    /** A number of [bits] bits. */
    fun next(bits: Int): Int {
        var next = state
        next = next xor (next ushr 12)
        next = next xor (next shl 25)
        next = next xor (next ushr 27)
        state = next
        // The upper bits are the good ones.
        return (next * MULTIPLIER ushr (Long.SIZE_BITS - bits)).toInt()
    }

    /**
     * A size, spread evenly over the logarithm: one of the first [powers] powers of two from 16, and at random up to as
     * much again.
     */
    fun nextSize(powers: Int): Int {
        val power = SMALLEST_BITS + (next(Short.SIZE_BITS) * powers shr Short.SIZE_BITS)
        return (1 shl power) + next(power)
    }

    private companion object {
        const val SMALLEST_BITS = 4
        const val MULTIPLIER = 0x2545f4914f6cdd1dL
    }
}
