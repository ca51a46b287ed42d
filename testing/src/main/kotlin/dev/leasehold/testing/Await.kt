package dev.leasehold.testing

/**
 * Waits until [holds], at most ten seconds. What happens off the caller's path has no other sign of its end.
 *
 * @param what what is waited for, as the failure names it
 * @param pause what to do between two looks; a coroutine lets others run, which share its thread
 */
public inline fun await(what: String, pause: () -> Unit = { Thread.sleep(1) }, holds: () -> Boolean) {
    val deadline = System.nanoTime() + 10_000_000_000
    while (!holds()) {
        check(System.nanoTime() < deadline) { "not within ten seconds: $what" }
        pause()
    }
}
