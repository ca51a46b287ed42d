package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.store.SlabStore
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * What happens in an engine when memory is short.
 *
 * When the limit (or the system) stops a request, every cache is revoked and stays so, and what comes back goes straight
 * to the store, where those who wait are served. So idle memory is never the reason for a refusal. When enough has come
 * back, the caches are let go.
 */
internal class Pressure(
    private val engine: SlabEngine,
    private val store: SlabStore,
    private val magazines: MagazineDesk,
    private val epochs: EpochDesk,
) {
    private val registry = engine.registry
    private val line = engine.line

    /** Whether every cache is bypassed because memory is short. */
    @Volatile
    var isOn = false
        private set

    // Held through a whole reclaim, so that a second request does not give up while the first is still collecting.
    private val pressing = ReentrantLock()

    // Requests between their press and their look. Under [pressing].
    private var pressers = 0

    /** Takes every idle block back into the store; the caches stay revoked when they are to be [held][hold]. */
    fun reclaim(hold: Boolean) {
        registry.revoke(hold) { cache ->
            store.lock.withLock { cache.drainInto(store::giveBack) }
            epochs.settle(cache.share)
        }
        epochs.retireNow()
        magazines.retired.sortAll()
        magazines.drain()
    }

    /**
     * Makes every idle byte available to [request], and keeps it from the caches until [request] has looked: what to do
     * when a request was refused.
     */
    fun <T> pressed(request: () -> T): T {
        pressing.withLock { pressers++ }
        try {
            pressing.withLock { press() }
            return request()
        } finally {
            pressing.withLock { pressers-- }
            relieve()
        }
    }

    private fun press() {
        if (isOn) {
            epochs.retireNow()
            magazines.retired.sortAll()
        } else {
            isOn = true
            reclaim(hold = true)
            // A thread that was between the depot and its cache finds the cache revoked, and brings its magazine here.
            registry.awaitHands()
        }
        magazines.retired.awaitSorters()
        magazines.drain()
    }

    /**
     * [pressed] for somebody who has just joined the line: what came back before that went to caches, not to the
     * line.
     */
    fun pressForLine() = pressed { store.lock.withLock { line.serve() } }

    /** Lets the caches go when enough has come back. */
    fun relieve() {
        if (!isOn || !engine.mayTake) return
        val out = store.lock.withLock { store.outBytes }
        if (out > engine.account.limit / 4 * 3) return
        // Never waited for: this runs under the ledger's lock too, which a press takes. Who has it relieves when done.
        if (!pressing.tryLock()) return
        try {
            if (pressers > 0 || line.length > 0) return
            isOn = false
            registry.letGo { !engine.closed }
        } finally {
            pressing.unlock()
        }
    }
}
