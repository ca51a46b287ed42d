package dev.leasehold.samples.particles

import java.lang.management.ManagementFactory

/**
 * What a run of frames came to; times in nanoseconds.
 *
 * @property median the time that half of the frames did not take longer than
 * @property nineOfTen the time that nine of ten frames did not take longer than
 * @property worstHundredth the time that ninety-nine of a hundred frames did not take longer than
 * @property longest the longest frame
 * @property collections how often the JVM collected garbage meanwhile
 * @property collecting how long that took together, in milliseconds
 * @property burnt how many sparks burnt out meanwhile, each of which another took the place of
 */
internal data class Figures(
    val median: Long,
    val nineOfTen: Long,
    val worstHundredth: Long,
    val longest: Long,
    val collections: Long,
    val collecting: Long,
    val burnt: Long,
) {
    /** All of it in one line, for [parse]. */
    fun line(): String =
        listOf(PREFIX, median, nineOfTen, worstHundredth, longest, collections, collecting, burnt).joinToString(" ")

    companion object {
        private const val PREFIX = "figures"

        /** What [line] wrote, or null when it did not write that. */
        fun parse(line: String): Figures? {
            val words = line.split(' ')
            if (words.first() != PREFIX) return null
            val (median, nineOfTen, worst, longest, collections) = words.drop(1).map { it.toLong() }
            return Figures(median, nineOfTen, worst, longest, collections, words[6].toLong(), words[7].toLong())
        }
    }
}

/** Lets frames of a [world] pass, as fast as they can. */
internal class Game(private val world: World) {
    /** Runs [frames] frames, after a quarter as many that are not measured, in which the code is compiled. */
    fun run(frames: Int): Figures {
        repeat(frames / 4) { world.frame() }
        val collections = collections()
        val collecting = collecting()
        val burnt = world.burnt
        val nanos = LongArray(frames) { timed() }
        val more = collections() - collections
        nanos.sort()
        return Figures(
            nanos.at(0.5),
            nanos.at(0.9),
            nanos.at(0.99),
            nanos.last(),
            more,
            collecting() - collecting,
            world.burnt - burnt,
        )
    }

    private fun timed(): Long {
        val start = System.nanoTime()
        world.frame()
        return System.nanoTime() - start
    }

    private fun LongArray.at(part: Double): Long = this[(size * part).toInt()]

    private fun collections() = ManagementFactory.getGarbageCollectorMXBeans().sumOf { it.collectionCount }

    private fun collecting() = ManagementFactory.getGarbageCollectorMXBeans().sumOf { it.collectionTime }
}
