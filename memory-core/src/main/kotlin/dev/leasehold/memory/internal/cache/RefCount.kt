package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.AtomicLongFieldUpdater

/**
 * How many references to one block there are, and how many scopes are using it. Once both are zero they stay so.
 *
 * References are given back by whoever has one, so one may be given back too often. A scope's hold is nobody's to give
 * back but its own, and keeps the memory as long as its view lives; that is why the two are told apart.
 *
 * Counted by the owner alone and plainly while [bias] holds, see there, and atomically from the first time that another
 * thread counts. A count is one number: references in the lower half, scopes in the upper.
 *
 * | `shared` | the count |
 * |---|---|
 * | 0 | `plain`, the owner's |
 * | positive | `shared`; `plain` is not looked at any more, or negative |
 * | `LOCKED` | one holder's, who keeps all others waiting |
 * | `OVER` | none left |
 *
 * The way from the first row to the others is one store by the owner, in its busy region, or one compare-and-set by
 * another thread, made after the owner's last plain count.
 */
internal class RefCount(private val bias: Bias?, private val generation: Int) {
    private var plain = REFERENCE

    @Volatile
    private var shared = 0L

    init {
        // Not a volatile store, which would be a fence. Zero needs no store at all.
        if (bias == null) SHARED.lazySet(this, REFERENCE)
    }

    /** How many references there are: a moment's truth. */
    val count: Int
        get() {
            val seen = shared
            val held = if (seen == 0L) plain else seen
            return if (held == LOCKED) 1 else references(maxOf(0, held))
        }

    /** Whether no reference is left. */
    val isOver: Boolean
        get() {
            val seen = shared
            return seen == OVER || (seen != LOCKED && references(if (seen == 0L) plain else seen) == 0)
        }

    /** Adds a reference; false when none was left, or when there are as many as can be counted. */
    fun tryRetain(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = plain
            val counted = mayRetain(seen) && bias.generation == generation
            if (counted) plain = seen + REFERENCE
            bias.leave()
            if (counted) return true
        }
        return tryRetainShared()
    }

    private fun tryRetainShared(): Boolean {
        while (true) {
            val seen = sharedCount()
            if (!mayRetain(seen)) return false
            if (SHARED.compareAndSet(this, seen, seen + REFERENCE)) return true
        }
    }

    private fun mayRetain(seen: Long) = seen > 0 && Integer.compareUnsigned(references(seen) - 1, MOST - 1) < 0

    /** Adds a scope, which must [leave]; false when no reference was left. */
    fun tryEnter(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = plain
            val counted = mayEnter(seen) && bias.generation == generation
            if (counted) plain = seen + SCOPE
            bias.leave()
            if (counted) return true
        }
        return tryEnterShared()
    }

    private fun tryEnterShared(): Boolean {
        while (true) {
            val seen = sharedCount()
            if (!mayEnter(seen)) return false
            if (SHARED.compareAndSet(this, seen, seen + SCOPE)) return true
        }
    }

    private fun mayEnter(seen: Long) = seen in 1..<MOST_SCOPES && references(seen) > 0

    /** Takes a reference away: [LAST] once, to whoever took the last hold, [MORE] before that, [NONE] when there was none. */
    fun release(): Int = if (bias != null) releaseOwn(bias, REFERENCE) else releaseShared(REFERENCE)

    /** Takes a scope away, likewise. */
    fun leave(): Int = if (bias != null) releaseOwn(bias, SCOPE) else releaseShared(SCOPE)

    private fun releaseOwn(bias: Bias, hold: Long): Int {
        if (!bias.isOwner(Thread.currentThread())) return releaseShared(hold)
        bias.enter()
        val seen = plain
        val counted = mayRelease(seen, hold) && bias.generation == generation
        if (counted) {
            plain = seen - hold
            if (seen == hold) SHARED.lazySet(this, OVER)
        }
        bias.leave()
        if (!counted) return releaseShared(hold)
        return if (seen == hold) LAST else MORE
    }

    private fun releaseShared(hold: Long): Int {
        while (true) {
            val seen = sharedCount()
            if (!mayRelease(seen, hold)) return NONE
            val left = if (seen == hold) OVER else seen - hold
            if (SHARED.compareAndSet(this, seen, left)) return if (left == OVER) LAST else MORE
        }
    }

    private fun mayRelease(seen: Long, hold: Long) = seen > 0 && (hold == SCOPE || references(seen) != 0)

    /** Takes back that [release] answered [LAST], for whom it did, when what should have followed could not be done. */
    fun undoLast() {
        check(SHARED.compareAndSet(this, OVER, REFERENCE))
    }

    /**
     * Keeps everybody else out, if there are just [references] and [scopes], which the caller knows to be its own; they wait
     * until [unlock] or [end]. For a moment.
     */
    fun tryLock(references: Int, scopes: Int = 0): Boolean {
        val held = holds(references, scopes)
        while (true) {
            if (sharedCount() != held) return false
            if (SHARED.compareAndSet(this, held, LOCKED)) return true
        }
    }

    /** Lets the others in again; there are [references] and [scopes]. */
    fun unlock(references: Int, scopes: Int = 0) = SHARED.set(this, holds(references, scopes))

    /** Ends a [tryLock] with no reference left. */
    fun end() = SHARED.set(this, OVER)

    private fun holds(references: Int, scopes: Int) = references * REFERENCE + scopes * SCOPE

    private fun references(held: Long): Int = held.toInt()

    /** The count in `shared`, which from now on holds it, once nobody locks it. */
    private fun sharedCount(): Long {
        var seen = shared
        if (seen == 0L) {
            unbias()
            seen = shared
        }
        while (seen == LOCKED) {
            Thread.yield()
            seen = shared
        }
        return seen
    }

    private fun unbias() {
        val bias = bias!!
        if (bias.isOwner(Thread.currentThread()) && unbiasOwn(bias)) return
        bias.revoke(generation)
        SHARED.compareAndSet(this, 0, plain)
    }

    // The owner can do it for one block, without a handshake for all.
    private fun unbiasOwn(bias: Bias): Boolean {
        bias.enter()
        val mine = bias.generation == generation
        if (mine) {
            SHARED.lazySet(this, plain)
            plain = -1
        }
        bias.leave()
        return mine
    }

    companion object {
        /** What [release] answers when there was none. */
        const val NONE: Int = 0

        /** What [release] answers when there are more. */
        const val MORE: Int = 1

        /** What [release] answers when it took the last one. */
        const val LAST: Int = 2

        private const val REFERENCE = 1L
        private const val SCOPE = 1L shl 32
        private const val MOST = Int.MAX_VALUE - 1
        private const val MOST_SCOPES = MOST * SCOPE
        private const val OVER = Long.MIN_VALUE
        private const val LOCKED = -1L

        private val SHARED: AtomicLongFieldUpdater<RefCount> =
            AtomicLongFieldUpdater.newUpdater(RefCount::class.java, "shared")
    }
}
