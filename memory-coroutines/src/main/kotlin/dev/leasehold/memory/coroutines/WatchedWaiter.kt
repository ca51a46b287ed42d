package dev.leasehold.memory.coroutines

import kotlinx.coroutines.CompletableJob

/** A coroutine in the line that could be waiting for what its own scopes hold, so that [ScopeWatch] has an eye on it. */
internal class WatchedWaiter(line: ByteLine, bytes: Long, chain: ScopeChain) : CoroutineWaiter(line, bytes) {
    @Volatile
    override var chain: ScopeChain? = chain
        private set

    /** Completed to wake the watch of this waiter, while that sleeps. */
    @Volatile
    var alarm: CompletableJob? = null

    /** Lets go of the scopes: the line keeps the last waiter that it served. */
    fun forget() {
        chain = null
    }
}
