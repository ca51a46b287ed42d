package dev.leasehold.memory.device.internal.driver

/** Why the calling thread got no memory from a driver, when it asked last. Any thread, each for itself. */
internal class Refused {
    private val reason = ThreadLocal<String?>()
    private val cause = ThreadLocal<DriverFailure?>()

    /** Why, in words; null when it got some. */
    val why: String? get() = reason.get()

    /** The failure that was no refusal, such as the loss of the device; null where there was none. */
    val failure: DriverFailure? get() = cause.get()

    fun forget() {
        reason.remove()
        cause.remove()
    }

    /** There is none [why]; returns 0, the address that says so. */
    fun because(why: String): Long {
        reason.set(why)
        return 0
    }

    /** [because] of [failure]. */
    fun by(failure: DriverFailure): Long {
        cause.set(failure)
        return because(checkNotNull(failure.message))
    }
}
