package dev.leasehold.memory.internal.block

import java.util.concurrent.atomic.AtomicInteger

/** How many operations use one block, or that it has ended and none may any more. Any thread. */
internal class Pins {
    private val state = AtomicInteger()

    /** One more; false when the block has ended. */
    fun pin(): Boolean {
        while (true) {
            val seen = state.get()
            if (seen == ENDED) return false
            if (state.compareAndSet(seen, seen + 1)) return true
        }
    }

    /** One less. */
    fun unpin() {
        state.decrementAndGet()
    }

    /**
     * Ends it; false when that was done before.
     *
     * @throws IllegalStateException while there are pins; they go on
     */
    fun end(poolName: String): Boolean {
        while (true) {
            val seen = state.get()
            if (seen == ENDED) return false
            check(seen == 0) {
                "pool '$poolName': $seen input/output operations are using the lease: close it when they have ended"
            }
            if (state.compareAndSet(0, ENDED)) return true
        }
    }

    /** Undoes [end], after which something else stood in the way. */
    fun reopen(): Unit = state.set(0)

    private companion object {
        const val ENDED = -1
    }
}
