package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.ref.WeakReference
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Every cache of one engine, and the way to reach into those of other threads. See [ThreadCache] for the protocol.
 *
 * @param adopt takes over what a thread that has ended left in its cache; under the lock of this
 * @param adopted runs after that, without a lock
 */
internal open class CacheRegistry(
    private val fence: () -> Unit,
    private val adopt: (ThreadCache) -> Unit,
    private val adopted: () -> Unit,
) {
    private class Entry(val cache: ThreadCache, private val thread: WeakReference<Thread>?) {
        /** Whether the owner has ended: from then on only the registry touches the cache. */
        val isOrphan: Boolean get() = thread != null && thread.get()?.isAlive != true
    }

    private val lock = ReentrantLock()
    private val entries = ArrayList<Entry>()
    private var sweepAt = FIRST_SWEEP
    private var held = false

    /** Adds the cache of [thread], or, where that is null, a shared one. */
    fun register(cache: ThreadCache, thread: Thread?) {
        val any = lock.withLock {
            cache.revoked = held
            entries.add(Entry(cache, thread?.let(::WeakReference)))
            entries.size > sweepAt && sweepLocked()
        }
        if (any) adopted()
    }

    /** Takes over what threads that have ended left behind. */
    fun sweep() {
        if (lock.withLock { sweepLocked() }) adopted()
    }

    private fun sweepLocked(): Boolean {
        val any = entries.removeIf { entry -> entry.isOrphan.also { if (it) adopt(entry.cache) } }
        sweepAt = maxOf(FIRST_SWEEP, 2 * entries.size)
        return any
    }

    /**
     * Stops every cache, runs [action] on each, and lets them go on; unless [hold], which keeps them revoked until
     * [letGo].
     */
    fun revoke(hold: Boolean, action: (ThreadCache) -> Unit) {
        if (lock.withLock { revokeLocked(hold, action) }) adopted()
    }

    private fun revokeLocked(hold: Boolean, action: (ThreadCache) -> Unit): Boolean {
        val any = sweepLocked()
        held = held || hold
        for (entry in entries) entry.cache.revoked = true
        fence()
        for (entry in entries) {
            entry.cache.awaitIdle()
            action(entry.cache)
        }
        if (!held) letGoLocked()
        return any
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

    /**
     * Waits until no thread has blocks in its hands, on the way between its revoked cache and the depot. Open for a
     * twin in tests.
     */
    open fun awaitHands() {
        val caches = lock.withLock { entries.map { it.cache } }
        for (cache in caches) awaitWhile { cache.inHand }
    }

    private companion object {
        const val FIRST_SWEEP = 16
    }
}
