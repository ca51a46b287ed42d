package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.pause
import java.util.concurrent.atomic.AtomicLong

/**
 * Lets any number of threads in together, or one alone: the number of those inside, with the sign bit set while one is,
 * or waits to be, alone.
 *
 * No thread stays inside for longer than some additions, so waiting threads spin for a moment, and then leave the
 * processor to it. A thread that is to be alone stops newcomers first, so it cannot be starved. Not reentrant.
 */
internal class Gate {
    private val inside = AtomicLong()

    /** Runs [action] together with others. */
    inline fun <R> together(action: () -> R): R {
        enter()
        try {
            return action()
        } finally {
            leave()
        }
    }

    /** Runs [action] while no other thread is inside. */
    inline fun <R> alone(action: () -> R): R {
        enterAlone()
        try {
            return action()
        } finally {
            leaveAlone()
        }
    }

    fun enter() {
        var waits = 0
        while (true) {
            val seen = inside.get()
            if (seen >= 0 && inside.compareAndSet(seen, seen + 1)) return
            if (seen < 0) pause(waits++)
        }
    }

    fun leave() {
        inside.decrementAndGet()
    }

    fun enterAlone() {
        var waits = 0
        while (true) {
            val seen = inside.get()
            if (seen >= 0 && inside.compareAndSet(seen, seen + ALONE)) break
            if (seen < 0) pause(waits++)
        }
        while (inside.get() != ALONE) pause(waits++)
    }

    fun leaveAlone() = inside.set(0)

    private companion object {
        const val ALONE = Long.MIN_VALUE
    }
}
