package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Looks for what is watched and has been out for longer than [threshold], and hands each to [found] once, while it is
 * alive; on the background thread, until this is closed.
 */
internal class LongHolds(private val threshold: Duration, private val found: (Trace) -> Unit) : AutoCloseable {
    private val reported: MutableSet<Trace> = ConcurrentHashMap.newKeySet()
    private val pause = (threshold / PARTS).coerceIn(LEAST_PAUSE, LONGEST_PAUSE)

    @Volatile
    private var isClosed = false

    @Volatile
    private var next: AutoCloseable? = null

    init {
        schedule()
    }

    private fun schedule() {
        next = Background.schedule(pause, ::look)
        // A close that came in between saw the one before.
        if (isClosed) next?.close()
    }

    private fun look() {
        try {
            reported.removeIf { !it.isOpen }
            for (trace in Traces.allOpen()) {
                if (!isClosed && trace.age >= threshold.inWholeNanoseconds && reported.add(trace)) handOver(trace)
            }
        } finally {
            if (!isClosed) schedule()
        }
    }

    private fun handOver(trace: Trace) {
        try {
            found(trace)
        } catch (failure: Throwable) {
            Log.error("a listener for memory that is held long failed", failure)
        }
    }

    override fun close() {
        isClosed = true
        next?.close()
        reported.clear()
    }

    private companion object {
        const val PARTS = 4
        val LEAST_PAUSE = 10.milliseconds
        val LONGEST_PAUSE = 1.seconds
    }
}
