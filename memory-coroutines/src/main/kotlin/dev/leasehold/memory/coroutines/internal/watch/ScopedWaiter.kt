package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.CoroutineWaiter
import kotlin.coroutines.CoroutineContext

/**
 * A coroutine in the line that could be waiting for what its own scopes hold, so that [StallWatch] looks after it.
 *
 * @property context the coroutine, as messages name it
 */
internal class ScopedWaiter(
    line: ByteLine,
    bytes: Long,
    tooMany: (bytes: Long, CoroutineContext) -> Throwable,
    chain: ScopeChain,
    val context: CoroutineContext,
) : CoroutineWaiter(line, bytes, tooMany) {
    /** The scopes around it, until the wait is over: the line keeps the last waiter that it served. */
    @Volatile
    var chain: ScopeChain? = chain
        private set

    /**
     * For how long its scopes have given nothing back, and for how long nothing at all has moved. Belong to the watch.
     */
    val returns: Stillness<Long> = Stillness()
    val moment: Stillness<Any> = Stillness()

    /** The wait is over. */
    fun forget() {
        chain = null
    }
}

/** For how long something has looked the same. One thread at a time. */
internal class Stillness<T : Any> {
    private var seen: T? = null
    private var since = 0L

    /** Begins anew: it looks like [now] at the moment [nanos]. */
    fun begin(now: T, nanos: Long) {
        seen = now
        since = nanos
    }

    /** It looks like [now] at the moment [nanos]; returns for how many nanoseconds it has. */
    fun lasts(now: T, nanos: Long): Long {
        if (now != seen) begin(now, nanos)
        return nanos - since
    }
}
