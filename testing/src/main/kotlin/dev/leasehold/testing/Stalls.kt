package dev.leasehold.testing

import java.time.Duration
import java.util.Random
import java.util.concurrent.atomic.AtomicLong

/**
 * Stops threads between two steps, as a system does that has more threads than processors, but at every step alike: at
 * each one the first time that a thread comes there, and then ever more rarely, so that steps that are made a million
 * times are stopped at dozens of times and not all the time.
 *
 * What a step is says whoever calls [Step.pass]: see [StalledClasses].
 */
public class Stalls(seed: Long) {
    private val random = Random(seed)
    private val steps = ArrayList<Step>()

    /** How often a thread was stopped. */
    public val count: Long get() = synchronized(steps) { steps.sumOf { it.stalls.get() } }

    /** How many steps threads were stopped at, of those that [where] says are meant. */
    public fun stepsStalled(where: (String) -> Boolean = { true }): Int =
        synchronized(steps) { steps.count { where(it.place) && it.stalls.get() > 0 } }

    /** Makes a step, which [place] names. */
    internal fun stepAt(place: String): Step = Step(place).also { synchronized(steps) { steps.add(it) } }

    /** One step. */
    internal inner class Step(val place: String) {
        private val passes = AtomicLong()
        private val due = AtomicLong(1)
        val stalls = AtomicLong()

        /** Lets the calling thread go on, now or in some milliseconds. */
        fun pass() {
            val number = passes.incrementAndGet()
            val next = due.get()
            if (number < next || !due.compareAndSet(next, number + 1 + random.nextLong(1 + number))) return
            stalls.incrementAndGet()
            stop(random.nextInt(KINDS))
        }

        private fun stop(kind: Int) = when (kind) {
            0 -> Thread.yield()
            1 -> sleep(LONG + random.nextLong(LONG))
            else -> sleep(random.nextLong(SHORT))
        }

        // Not parked, which would use up the permit of a thread that is being woken.
        private fun sleep(nanos: Long) = try {
            Thread.sleep(Duration.ofNanos(nanos))
        } catch (_: InterruptedException) {
            Thread.currentThread().interrupt()
        }
    }

    private companion object {
        const val KINDS = 12
        const val SHORT = 1_000_000L
        const val LONG = 4_000_000L
    }
}
