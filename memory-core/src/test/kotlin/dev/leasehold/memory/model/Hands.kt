package dev.leasehold.memory.model

import java.util.concurrent.atomic.AtomicInteger

/** Which of a few blocks are held, as bits. A block held twice at once is a fault. */
internal class Hands {
    private val held = AtomicInteger()

    fun take(address: Long) {
        val bit = bit(address)
        while (true) {
            val seen = held.get()
            check(seen and bit == 0) { "the block at $address has two holders" }
            if (held.compareAndSet(seen, seen or bit)) return
        }
    }

    fun give(address: Long) {
        val bit = bit(address)
        while (true) {
            val seen = held.get()
            if (held.compareAndSet(seen, seen and bit.inv())) return
        }
    }

    /** How many blocks are held. */
    val count: Int get() = held.get().countOneBits()

    private fun bit(address: Long): Int = 1 shl address.toInt()
}
