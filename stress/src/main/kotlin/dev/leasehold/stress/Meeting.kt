package dev.leasehold.stress

import java.util.concurrent.atomic.AtomicInteger

/** Where two threads wait for each other, once, that what they do next may meet: what comes before takes them long. */
internal class Meeting {
    private val arrived = AtomicInteger()

    /** Waits a little for the other one. */
    fun meet() {
        val _ = arrived.incrementAndGet()
        var looks = 0
        while (arrived.get() < 2 && looks++ < PATIENCE) Thread.onSpinWait()
        // The one who came first has yet to see that.
        if (looks == 0) Thread.onSpinWait()
    }

    private companion object {
        const val PATIENCE = 10_000
    }
}
