package dev.leasehold.benchmarks

import org.openjdk.jmh.infra.Control
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * A bounded queue between one producer and one consumer, the same for all rivals and cheap, so that it hides little of
 * what they cost. An empty slot is null; each side owns its own index.
 *
 * No thread waits longer than the measurement: once JMH says that it is over, both sides give up.
 */
internal class HandOffRing<T : Any>(capacity: Int) {
    private val slots = AtomicReferenceArray<T?>(capacity)
    private val mask = capacity - 1

    // Each index in an array of its own, far from the other's cache line.
    private val producer = IntArray(PADDED)
    private val consumer = IntArray(PADDED)

    init {
        require(capacity.countOneBits() == 1) { "capacity $capacity is no power of two" }
    }

    /** Hands [item] over; false when the measurement ended first, and then the item is still the caller's. */
    fun put(item: T, control: Control): Boolean {
        val slot = producer[OWN] and mask
        var waits = 0
        while (slots.getAcquire(slot) != null) {
            if (control.stopMeasurement) return false
            waits = pause(waits)
        }
        slots.setRelease(slot, item)
        producer[OWN]++
        return true
    }

    /** The oldest item, or null when the measurement ended first. */
    fun take(control: Control): T? {
        var waits = 0
        while (true) {
            poll()?.let { return it }
            if (control.stopMeasurement) return null
            waits = pause(waits)
        }
    }

    /** Takes everything that is left, when both sides have stopped. */
    inline fun drain(each: (T) -> Unit) {
        while (true) each(poll() ?: return)
    }

    fun poll(): T? {
        val slot = consumer[OWN] and mask
        val item = slots.getAcquire(slot) ?: return null
        slots.setRelease(slot, null)
        consumer[OWN]++
        return item
    }

    /** Spins while the other side is likely running, and lets it run when it is not. */
    private fun pause(waits: Int): Int {
        if (waits < SPINS) Thread.onSpinWait() else Thread.yield()
        return waits + 1
    }

    private companion object {
        const val SPINS = 1_000
        const val PADDED = 64
        const val OWN = 32
    }
}
