package dev.leasehold.samples.service

/**
 * Random words from a fixed seed: SplitMix64 (Steele, Lea and Flood, 2014). Written down here because a measurement
 * that shall be repeated in years must not hang on a library's choice of algorithm.
 */
internal class SplitMix(private var state: Long) {
    /** The next 64 random bits. */
    fun next(): Long {
        state += -0x61c8_8646_80b5_83ebL
        var word = state
        word = (word xor (word ushr 30)) * -0x40a7_b892_e31b_1a47L
        word = (word xor (word ushr 27)) * -0x6b2f_b644_ecce_ee15L
        return word xor (word ushr 31)
    }

    /** A random number from 0 until [bound]. */
    fun below(bound: Int): Int = (((next() ushr 32) * bound) ushr 32).toInt()
}
