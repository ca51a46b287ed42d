package dev.leasehold.memory.internal.mapped

/** How long one thread still waits for something, from now on [nanos] nanoseconds, and when it looks around. */
internal class Patience(private val session: FileSession, private val nanos: Long) {
    private val start = System.nanoTime()
    private var lastLook = start

    private val left: Long
        get() = if (nanos == Long.MAX_VALUE) Long.MAX_VALUE else nanos - (System.nanoTime() - start)

    /** Whether the time is up. */
    val isOver: Boolean get() = left <= 0

    /** Whether it is time to ask whether those that this waits for live: each millisecond, and where it cannot wait. */
    fun isTimeToLook(): Boolean {
        if (nanos == 0L) return true
        val now = System.nanoTime()
        if (now - lastLook < FileEvent.SLICE) return false
        lastLook = now
        return true
    }

    /**
     * Waits at [event] for as long as it may without a look.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    fun await(event: FileEvent, seen: Long) {
        if (Thread.interrupted()) throw InterruptedException()
        session.requireOpen()
        event.await(seen, minOf(left, FileEvent.SLICE).coerceAtLeast(1))
        session.requireOpen()
        if (Thread.interrupted()) throw InterruptedException()
    }
}
