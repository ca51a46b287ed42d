package dev.leasehold.testing

import kotlin.reflect.KClass

/**
 * Runs every verb over and over, and makes it fail at each allocation that it makes, at each from which on all fail,
 * and at each depth of its calls; after each run nothing may be lost and the next verbs must work. A subclass names the
 * verbs, and is loaded by [FaultyClasses]. The seed says which part of the verbs is meant, and how many parts there are:
 * see [leaksIn].
 */
public abstract class FaultWork(private val seed: Long) : Runnable {
    /** All verbs. */
    protected abstract fun verbs(): List<FaultyVerb>

    override fun run() {
        val parts = (seed shr PART_BITS).toInt()
        val part = (seed and ((1L shl PART_BITS) - 1)).toInt()
        var runs = 0
        val failures = ArrayList<Throwable>()
        for ((index, verb) in verbs().withIndex()) {
            if (index % parts != part) continue
            warmUp(verb)
            for (kind in Injection.Kind.entries) runs += collecting(failures) { Injection.untilNone(verb, kind) }
        }
        if (failures.isNotEmpty()) throw AssertionError(failures.joinToString("\n") { it.message!! }, failures.first())
        check(runs > LEAST_RUNS) { "only $runs faults" }
        println("$runs faults in part $part of $parts")
    }

    private fun collecting(failures: MutableList<Throwable>, work: () -> Int): Int = try {
        work()
    } catch (failure: AssertionError) {
        failures += failure
        0
    }

    // What is linked and loaded at the first use allocates, and needs stack, that nobody can foresee.
    private fun warmUp(verb: FaultyVerb) = repeat(2) {
        verb.prepare()
        verb.run()
        verb.settle()
    }

    public companion object {
        private const val PART_BITS = 16
        private const val LEAST_RUNS = 100

        private const val CLEANER_MILLIS = 100L

        /** The seed of part [part] of [parts]. */
        private fun of(part: Int, parts: Int): Long = (parts.toLong() shl PART_BITS) or part.toLong()

        /**
         * Runs part [part] of [parts] of [work], which [classes] load, and returns what was reported as a leak of memory
         * that is called `faulty`: what was closed, or never handed out, must not be.
         */
        public fun leaksIn(work: KClass<out FaultWork>, classes: FaultyClasses, part: Int, parts: Int): List<String> =
            logged("'faulty' was never closed") {
                classes.run(work.java.name, of(part, parts))
                System.gc()
                Thread.sleep(CLEANER_MILLIS)
            }
    }
}
