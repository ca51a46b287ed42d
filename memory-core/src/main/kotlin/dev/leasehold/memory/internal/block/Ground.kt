package dev.leasehold.memory.internal.block

/**
 * Where blocks come from and go in the end. An interface of its own, because a function type would box every address,
 * and what comes back must need no heap. Under a lock of its own.
 */
internal fun interface Ground {
    /** Takes the block at [address] back. */
    fun giveBack(address: Long)
}
