package dev.leasehold.testing

/**
 * Waits until [holds]. What happens off the caller's path has no other sign of its end. The bound is for a stuck test,
 * and so far beyond what a slow machine needs.
 *
 * @param what what is waited for, as the failure names it
 * @param pause what to do between two looks; a coroutine lets others run, which share its thread
 */
public inline fun await(what: String, pause: () -> Unit = { Thread.sleep(1) }, holds: () -> Boolean) {
    val deadline = System.nanoTime() + 120_000_000_000
    while (!holds()) {
        check(System.nanoTime() < deadline) { "not within two minutes: $what" }
        pause()
    }
}

/** Waits until one of [threads] is inside a channel's read, in the system, which then uses the memory of its buffer. */
public fun awaitNativeRead(threads: () -> Collection<Thread>): Unit = await("a thread reads") {
    threads().any { thread -> thread.stackTrace.firstOrNull()?.let(::isChannelRead) == true }
}

// Of a channel: the first one in a process reads class files before.
private fun isChannelRead(frame: StackTraceElement): Boolean =
    frame.isNativeMethod && frame.className.startsWith("sun.nio.ch.") && frame.methodName.startsWith("read")

/** Waits until [thread] is inside a read of the system. */
public fun awaitNativeRead(thread: Thread): Unit = awaitNativeRead { listOf(thread) }
