package dev.leasehold.memory.coroutines

/**
 * Tells waiters, one after the other, what became of them.
 *
 * A waiter whose coroutine has no dispatcher, or an unconfined one, runs on the spot, and may give bytes back that are granted to
 * the next, who would run inside of it, and so on until the stack is full. So what is to be told while this thread is telling
 * already is left to the outermost call, in order.
 */
internal object Telling {
    /** The last of those that this thread still has to tell; absent when it is not telling. */
    private val LAST = ThreadLocal<LineWaiter>()

    /** Tells [first] and all that follow it. A failure of one does not keep the others from hearing. */
    fun all(first: LineWaiter) {
        val last = LAST.get()
        if (last != null) {
            last.nextTold = first
            LAST.set(lastOf(first))
            return
        }
        LAST.set(lastOf(first))
        var failure: Throwable? = null
        var waiter: LineWaiter? = first
        try {
            while (waiter != null) {
                try {
                    waiter.told()
                } catch (next: Throwable) {
                    if (failure == null) failure = next else failure.addSuppressed(next)
                }
                // Read after the telling, which may have appended to the last one.
                val behind = waiter.nextTold
                waiter.nextTold = null
                waiter = behind
            }
        } finally {
            LAST.remove()
        }
        if (failure != null) throw failure
    }

    private fun lastOf(first: LineWaiter): LineWaiter {
        var last = first
        while (true) last = last.nextTold ?: return last
    }
}
