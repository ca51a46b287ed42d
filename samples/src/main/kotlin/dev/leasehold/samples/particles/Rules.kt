package dev.leasehold.samples.particles

/** What both worlds go by: comets circle around the middle, and sparks fly off them, follow them, and burn out. */
internal object Rules {
    /** The sky, in which everything is measured. */
    const val WIDTH = 1.6f
    const val HEIGHT = 0.9f

    /** How many sparks there are for each comet. */
    const val SPARKS_PER_COMET = 4000

    /** How long a spark glows, in frames: so in every frame one of twenty is burnt out, and another flies off. */
    const val SHORTEST_GLOW = 10
    const val LONGEST_GLOW = 30

    /** How long a comet lives, in frames. Its sparks outlive it, and fall. */
    const val SHORTEST_LIFE = 60
    const val LONGEST_LIFE = 600

    /** The pull of the middle on a comet, and of a comet on its sparks, for each frame and unit of distance. */
    const val PULL_OF_MIDDLE = 0.0004f
    const val PULL_OF_COMET = 0.002f

    /** What a spark without a comet falls faster by in each frame, and what air leaves of its speed. */
    const val FALL = 0.0002f
    const val AIR = 0.98f

    /** How fast a comet begins at most, what of its speed a spark has that flies off, and what is added at most. */
    const val THROW = 0.012f
    const val DRAG = 0.3f
    const val BURST = 0.0012f
}

/** Numbers that look like chance, and are the same for the same spark in the same frame, in any order of asking. */
internal class Dice(private val seed: Long) {
    private var state = 0L

    /** Begins the numbers for what is new at [index] in [frame]. */
    fun begin(frame: Int, index: Int): Dice {
        state = seed + (frame.toLong() shl 32) + index
        state = next()
        return this
    }

    /** From [least] to [most]. */
    fun between(least: Int, most: Int): Int = least + ((next() ushr 33) % (most - least + 1)).toInt()

    /** From -[most] to [most]. */
    fun about(most: Float): Float = ((next() ushr 40).toFloat() / (1 shl 23) - 1) * most

    /** From -3 * [most] to 3 * [most], and mostly near 0. */
    fun near(most: Float): Float = about(most) + about(most) + about(most)

    // SplitMix64, of Steele, Lea and Flood: Fast splittable pseudorandom number generators (2014).
    private fun next(): Long {
        state += -0x61c8864680b583ebL
        val once = (state xor (state ushr 30)) * -0x40a7b892e31b1a47L
        val twice = (once xor (once ushr 27)) * -0x6b2fb644ecceee15L
        return twice xor (twice ushr 31)
    }
}
