package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * Makes all that lies idle in an engine available, when the limit or the system stops a request: so idle memory is
 * never the reason for a refusal. Any thread.
 */
internal open class Reclaim(
    private val shortage: Shortage,
    private val registry: CacheRegistry,
    private val store: SlabStore,
    private val line: WaitLine,
    private val epochs: EpochLedger,
    private val magazines: Magazines,
    private val mappings: Mappings,
) {
    /** Takes every idle block back into the store; the caches stay revoked when they are to be [held][hold]. */
    fun all(hold: Boolean) {
        registry.revoke(hold) { cache -> store.lock.withLock { cache.drainInto(store) } }
        epochs.retireNow()
        drain()
    }

    private fun drain() {
        shortage.flush()
        magazines.drain()
        mappings.drain()
    }

    /** Runs [request] with every idle byte available, and kept from the caches until it has looked. */
    fun <T> before(request: () -> T): T = shortage.during(::collect, request)

    private fun collect(begins: Boolean) {
        if (begins) {
            all(hold = true)
            // A thread that was between the depot and its cache finds the cache revoked, and brings its magazine here.
            registry.awaitHands()
        } else {
            epochs.retireNow()
        }
        drain()
    }

    /** Lets all that comes back go to the store at once as long as others want it. */
    fun lend(isWanted: Boolean): Unit = shortage.lend(isWanted, ::collect)

    /**
     * [before] for a request that has just joined the line: what came back earlier went to caches, not to the line.
     * Open for a twin in tests.
     */
    open fun beforeLine() {
        // The request before it has collected, or is about to, and serves the line then. Since that one came nothing
        // has gone past the line.
        if (shortage.isOn && line.length > 1) return
        before { line.serveNow() }
    }
}
