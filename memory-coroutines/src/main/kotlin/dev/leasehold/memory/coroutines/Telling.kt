package dev.leasehold.memory.coroutines

/**
 * Tells waiters, one after the other, what became of them.
 *
 * A waiter whose coroutine has no dispatcher, or an unconfined one, runs on the spot, and may give bytes back that are granted to
 * the next, who would run inside of it, and so on until the stack is full. So what is to be told while this thread is telling
 * already goes behind the rest of that, and the inner call tells that rest, in order; but where calls are nested deep, it leaves the rest
 * to the one around it.
 *
 * What one of them throws, whose dispatcher is broken for example, goes to this thread's handler of uncaught exceptions: whoever
 * calls this gives bytes back, or joins the line, and has no part in it.
 *
 * Rejected: to leave it to the outermost call always. A coroutine that runs on the spot may block until somebody has been told to
 * whom it gave bytes itself (`runBlocking` in an unconfined one does), and then nobody would ever tell that one.
 */
internal object Telling {
    /** How deep calls tell inside of each other. */
    private const val DEEPEST = 16

    /** What this thread still has to tell. Kept when it is empty: to remove it and make it anew would cost more than the telling. */
    private val REST: ThreadLocal<Rest> = ThreadLocal.withInitial { Rest() }

    /** Those who are to be told, linked by [LineWaiter.nextTold]. Belongs to one thread. */
    private class Rest {
        private var first: LineWaiter? = null
        private var last: LineWaiter? = null
        private var depth = 0

        fun add(more: LineWaiter) {
            val behind = last
            if (behind == null) first = more else behind.nextTold = more
            var end = more
            while (true) end = end.nextTold ?: break
            last = end
        }

        /** Tells all that are left, also those who come meanwhile; unless enough calls around this one do. */
        fun tell() {
            if (depth == DEEPEST) return
            depth++
            while (true) {
                val waiter = next() ?: break
                try {
                    waiter.told()
                } catch (failure: Throwable) {
                    report(failure)
                }
            }
            depth--
        }

        private fun report(failure: Throwable) {
            val thread = Thread.currentThread()
            try {
                thread.uncaughtExceptionHandler.uncaughtException(thread, failure)
            } catch (_: Throwable) {
                // The platform ignores what such a handler throws, and so it is here: others wait to be told.
                return
            }
        }

        private fun next(): LineWaiter? {
            val waiter = first ?: return null
            first = waiter.nextTold
            if (first == null) last = null
            waiter.nextTold = null
            return waiter
        }
    }

    /** Tells [first] and all that follow it. A failure of one keeps neither the others from hearing nor the caller from going on. */
    fun all(first: LineWaiter) {
        val rest = REST.get()
        rest.add(first)
        rest.tell()
    }
}
