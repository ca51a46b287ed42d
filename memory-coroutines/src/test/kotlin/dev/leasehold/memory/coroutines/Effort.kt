package dev.leasehold.memory.coroutines

/** How hard the tests try: `-Dleasehold.slow=true` trades minutes for more interleavings. */
internal object Effort {
    val slow: Boolean = System.getProperty("leasehold.slow", "false") != "false"

    /** [usually], or [slowly] when the slow tests are asked for. */
    fun times(usually: Int, slowly: Int): Int = if (slow) slowly else usually

    /** A seed to print, so that a failure can be run again with `-Dleasehold.seed=…`. */
    fun seed(what: String): Long {
        val seed = System.getProperty("leasehold.seed")?.toLong() ?: System.nanoTime()
        println("$what: seed $seed")
        return seed
    }
}

/**
 * Waits until [holds]. What happens off the caller's path has no other sign of its end. The bound tells a stuck test from a
 * slow machine, and so is far beyond what any machine needs.
 */
internal fun await(what: String, holds: () -> Boolean) {
    val deadline = System.nanoTime() + 120_000_000_000
    while (!holds()) {
        check(System.nanoTime() < deadline) { "not within two minutes: $what" }
        Thread.sleep(1)
    }
}

/** Waits until a thread among [threads] is inside a read of the system, which then uses the memory that it reads into. */
internal fun awaitNativeRead(threads: () -> Collection<Thread>) = await("a thread reads") {
    threads().any { thread ->
        thread.stackTrace.firstOrNull()?.let { it.isNativeMethod && it.methodName.startsWith("read") } == true
    }
}
