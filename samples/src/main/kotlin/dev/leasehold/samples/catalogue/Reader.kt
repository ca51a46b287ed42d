package dev.leasehold.samples.catalogue

import kotlin.concurrent.thread
import kotlin.random.Random

/** Looks up [numbers] in [catalogue], one at random after the other, on a thread of its own, until it is closed. */
internal class Reader(private val catalogue: Catalogue, private val numbers: List<Long>, seed: Int) : AutoCloseable {
    /** How many books were found, each of them whole. */
    @Volatile
    var found: Long = 0
        private set

    @Volatile
    private var isOver = false
    private var failure: Throwable? = null
    private val thread = thread(name = "reader") { read(Random(seed)) }

    private fun read(random: Random) {
        try {
            while (!isOver) if (catalogue.find(numbers.random(random)) != null) found++
        } catch (broken: Exception) {
            failure = broken
        }
    }

    /** Waits for its end; throws what went wrong in it. */
    override fun close() {
        isOver = true
        thread.join()
        failure?.let { throw it }
    }
}
