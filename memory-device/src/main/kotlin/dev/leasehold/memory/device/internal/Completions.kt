package dev.leasehold.memory.device.internal

import dev.leasehold.memory.device.internal.driver.DeviceCommand
import dev.leasehold.memory.device.internal.driver.DeviceDriver
import java.util.concurrent.ForkJoinPool
import java.util.concurrent.LinkedBlockingQueue

/**
 * Tells when what one device has begun has ended. A thread of its own waits for one event after the other, in the order
 * in which they end: so no driver calls into Java, from a thread that the JVM does not know. Any thread.
 */
internal class Completions(name: String, private val driver: DeviceDriver) {
    private class Pending(val done: (Throwable?) -> Unit) {
        var event = 0L
    }

    private val pending = LinkedBlockingQueue<Pending>()

    init {
        Thread.ofPlatform().daemon().name(name).start(::completeAll)
    }

    /**
     * Begins [command], and calls [done] on the common pool when it has ended, with what it failed with or null. When
     * this throws, [done] is not called, and nothing is going on.
     */
    fun begin(command: DeviceCommand, done: (Throwable?) -> Unit) {
        // Before anything begins.
        val next = Pending(done)
        next.event = driver.begin(command)
        try {
            pending.add(next)
        } catch (failure: Throwable) {
            // The heap is full: the memory must not be let go before the end.
            driver.await(next.event)
            throw failure
        }
    }

    private fun completeAll() {
        while (true) {
            try {
                complete(pending.take())
            } catch (_: Throwable) {
                // An interrupt that was meant for somebody else, or a handler that fails itself: all others still wait.
                continue
            }
        }
    }

    private fun complete(next: Pending) {
        val failure = runCatching { driver.await(next.event) }.exceptionOrNull()
        try {
            // What goes on from here may take its time, or wait for the next transfer.
            ForkJoinPool.commonPool().execute { next.done(failure) }
        } catch (_: Throwable) {
            // The heap is full, or the pool has ended with the process.
            next.done(failure)
        }
    }
}
