package dev.leasehold.memory.internal.platform

/**
 * The library's log, `dev.leasehold.memory`. It is a [System.Logger], so it goes to the application's logging
 * framework.
 *
 * The functions are inlined because a record names the class that called the logger, and a reader wants to see the
 * class that reports something, and not this one.
 */
@Suppress("NOTHING_TO_INLINE")
internal object Log {
    val logger: System.Logger = System.getLogger("dev.leasehold.memory")

    /** For what the library copes with, and an operator should know. */
    inline fun warn(message: String): Unit = logger.log(System.Logger.Level.WARNING, message)

    /** For what an operator may want to know. */
    inline fun info(message: String): Unit = logger.log(System.Logger.Level.INFO, message)

    /** For a [failure] that no caller sees. */
    inline fun error(message: String, failure: Throwable): Unit =
        logger.log(System.Logger.Level.ERROR, message, failure)

    /**
     * [error] for the end of a close, and for what goes on with a full heap: it does not fail itself, not for its
     * [message] either. A log that fails leaves no place to say so.
     */
    inline fun tryError(failure: Throwable, message: () -> String) {
        try {
            error(message(), failure)
        } catch (_: Throwable) {
            return
        }
    }
}
