package dev.leasehold.memory.internal.cache

import java.lang.ref.WeakReference
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** Every cache of one pool, and the way to reach into those of other threads. See [ThreadCache] for the protocol. */
internal class CacheRegistry(private val fence: () -> Unit, private val adopt: (ThreadCache) -> Unit) {
    private class Entry(val cache: ThreadCache, private val thread: WeakReference<Thread>?) {
        /** True once the owner has ended: from then on nobody but the registry touches the cache. */
        val isOrphan: Boolean get() = thread != null && thread.get()?.isAlive != true
    }

    private val lock = ReentrantLock()
    private val entries = ArrayList<Entry>()
    private var sweepAt = FIRST_SWEEP
    private var held = false

    /** Adds the cache of [thread], or of nobody: a stripe's. */
    fun register(cache: ThreadCache, thread: Thread?) {
        lock.withLock {
            if (entries.size >= sweepAt) sweepLocked()
            cache.revoked = held
            entries.add(Entry(cache, thread?.let(::WeakReference)))
        }
    }

    /** Takes over what threads that have ended left behind. */
    fun sweep() = lock.withLock { sweepLocked() }

    private fun sweepLocked() {
        entries.removeIf { entry -> entry.isOrphan.also { if (it) adopt(entry.cache) } }
        sweepAt = maxOf(FIRST_SWEEP, 2 * entries.size)
    }

    /**
     * Stops every cache, runs [action] on each, and lets them go on; unless [hold], which keeps them revoked until
     * [letGo].
     */
    fun revoke(hold: Boolean, action: (ThreadCache) -> Unit) = lock.withLock {
        sweepLocked()
        held = held || hold
        for (entry in entries) entry.cache.revoked = true
        fence()
        for (entry in entries) {
            entry.cache.awaitIdle()
            action(entry.cache)
        }
        if (!held) letGoLocked()
    }

    /** Ends a [revoke] that holds, if [still] says so under the lock. */
    fun letGo(still: () -> Boolean) = lock.withLock {
        if (!still()) return@withLock
        held = false
        letGoLocked()
    }

    private fun letGoLocked() {
        for (entry in entries) entry.cache.revoked = false
    }

    fun forEach(action: (ThreadCache) -> Unit) = lock.withLock { entries.forEach { action(it.cache) } }

    /** Runs [action] while no cache comes, goes or is revoked. */
    inline fun locked(action: CacheRegistry.() -> Unit) = lock.withLock { action() }

    /** Waits until no thread has blocks in its hands, on the way between its revoked cache and the depot. */
    fun awaitHands() {
        val caches = lock.withLock { entries.map { it.cache } }
        for (cache in caches) while (cache.inHand) Thread.yield()
    }

    private companion object {
        const val FIRST_SWEEP = 16
    }
}
