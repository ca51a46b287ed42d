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
        /** What the cache's activity was at the last look. */
        var seen = 0L

        /** Whether it is being emptied because its owner sleeps. */
        var isSwept = false

        /** Whether the owner has ended: from then on only the registry touches the cache. */
        val isOrphan: Boolean get() = thread != null && thread.get()?.isAlive != true
    }

    private val lock = ReentrantLock()
    private val entries = ArrayList<Entry>()
    private var sweepAt = FIRST_SWEEP
    private var held = false

    /** Adds the cache of [thread], or, where that is null, a shared one. */
    fun register(cache: ThreadCache, thread: Thread?) {
        val entry = Entry(cache, thread?.let(::WeakReference))
        val any = lock.withLock {
            cache.revoked = held
            entries.add(entry)
            entries.size > sweepAt && adoptSome()
        }
        if (any) adopted()
    }

    /** Forgets [cache], which its thread could not get. */
    fun forget(cache: ThreadCache): Unit = lock.withLock { removeAt(entries.indexOfFirst { it.cache === cache }) }

    private fun removeAt(index: Int) {
        // Their order means nothing.
        val last = entries.removeLast()
        if (index < entries.size) entries[index] = last
    }

    /** Takes over what threads that have ended left behind; returns whether any did. */
    @IgnorableReturnValue
    fun sweep(): Boolean {
        var any = false
        while (lock.withLock { adoptSome() }) any = true
        if (any) adopted()
        return any
    }

    // Some at a time, so that others get the lock in between.
    private fun adoptSome(): Boolean {
        var found = 0
        var index = entries.size
        while (--index >= 0 && found < MOST_AT_ONCE) {
            val entry = entries[index]
            if (!entry.isOrphan) continue
            adopt(entry.cache)
            removeAt(index)
            found++
        }
        sweepAt = maxOf(FIRST_SWEEP, 2 * entries.size)
        return found > 0
    }

    /**
     * Stops every cache, runs [action] on each, and lets them go on; unless [hold], which keeps them revoked until
     * [letGo].
     */
    fun revoke(hold: Boolean, action: (ThreadCache) -> Unit) {
        sweep()
        lock.withLock { revokeLocked(hold, action) }
    }

    private fun revokeLocked(hold: Boolean, action: (ThreadCache) -> Unit) {
        held = held || hold
        for (index in 0 until entries.size) entries[index].cache.revoked = true
        try {
            fence()
            for (index in 0 until entries.size) {
                val cache = entries[index].cache
                cache.awaitIdle()
                action(cache)
            }
        } finally {
            if (!held) letGoLocked()
        }
    }

    /** Ends a [revoke] that holds, if [still] says so under the lock. */
    fun letGo(still: () -> Boolean) = lock.withLock {
        if (!still()) return@withLock
        held = false
        letGoLocked()
    }

    private fun letGoLocked() {
        // Without an iterator: who gives something back must need no heap.
        for (index in 0 until entries.size) entries[index].let { it.cache.revoked = it.isSwept }
    }

    /**
     * Runs [action], which empties it, on every cache that was not used since the last call of this, while its owner
     * cannot use it; takes over what threads that have ended left behind. Returns whether any cache was used. One
     * thread at a time.
     */
    fun sweepSleeping(action: (ThreadCache) -> Unit): Boolean {
        sweep()
        val sleeping = ArrayList<Entry>()
        val used = lock.withLock { findSleeping(sleeping) }
        if (sleeping.isEmpty()) return used
        try {
            // Without the lock, which every new thread needs.
            fence()
            for (entry in sleeping) {
                entry.cache.awaitIdle()
                lock.withLock { if (!entry.cache.isRetired) action(entry.cache) }
            }
        } finally {
            lock.withLock { for (entry in sleeping) wake(entry) }
        }
        return used
    }

    private fun findSleeping(sleeping: MutableList<Entry>): Boolean {
        var used = false
        for (entry in entries) {
            val now = entry.cache.activity
            if (now != entry.seen) {
                entry.seen = now
                used = true
            } else if (entry.cache.isOpen) {
                sleeping.add(entry)
            }
        }
        for (entry in sleeping) {
            entry.isSwept = true
            entry.cache.revoked = true
        }
        return used
    }

    private fun wake(entry: Entry) {
        entry.isSwept = false
        entry.cache.revoked = held
        // Being emptied is no use.
        entry.seen = entry.cache.activity
    }

    /** Whether any cache has room for blocks. */
    val isOpen: Boolean get() = lock.withLock { entries.any { it.cache.isOpen } }

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
        const val MOST_AT_ONCE = 256
    }
}
