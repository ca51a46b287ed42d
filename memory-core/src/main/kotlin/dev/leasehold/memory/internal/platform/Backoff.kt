package dev.leasehold.memory.internal.platform

import java.util.concurrent.locks.LockSupport

/**
 * Waits while another thread is [inside] a region of a few instructions. Usually it has left before this has spun for
 * long; if not, it may be without a processor, and this thread leaves its own to it.
 */
internal inline fun awaitWhile(inside: () -> Boolean) {
    var looks = 0
    while (inside()) pause(looks++)
}

internal fun pause(looks: Int): Unit = if (looks < SPINS) Thread.onSpinWait() else LockSupport.parkNanos(PAUSE_NANOS)

private const val SPINS = 256
private const val PAUSE_NANOS = 50_000L
