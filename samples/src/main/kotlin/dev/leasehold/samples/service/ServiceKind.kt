package dev.leasehold.samples.service

/** What serves the connections. */
internal enum class ServiceKind {
    /** A coroutine for each, which waits for memory. */
    COROUTINES,

    /** A platform thread for each. */
    PLATFORM,

    /** A virtual thread for each. */
    VIRTUAL,
    ;

    /** What the command line calls it. */
    val word: String get() = name.lowercase()

    /** The threads of the versions that take one for each connection. */
    fun threads(): java.util.concurrent.ThreadFactory =
        if (this == VIRTUAL) ThreadedService.virtualThreads() else ThreadedService.platformThreads()
}
