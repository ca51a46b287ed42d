package dev.leasehold.memory.internal.mapped

import java.util.concurrent.ConcurrentHashMap

/**
 * The holds of blocks that this session had allocated, and has in use still, while links lead to them: by the address
 * of the block. Any thread.
 */
internal class Guests(private val holds: Holds) {
    private class Hold(val slot: Int, val ref: Long)

    private val byAddress = ConcurrentHashMap<Long, Hold>()

    /** Writes down that the block of [ref] at [address] is in use here; false when the table is full. */
    fun begin(address: Long, ref: Long): Boolean {
        val slot = holds.note(ref)
        if (slot < 0) return false
        byAddress[address] = Hold(slot, ref)
        return true
    }

    /** Undoes [begin]. */
    fun cancel(address: Long): Unit = end(address) {}

    /** Ends what [begin] began, after [left]. */
    fun end(address: Long, left: () -> Unit) {
        val hold = byAddress.remove(address)
        left()
        if (hold != null) holds.release(hold.slot, hold.ref)
    }
}
