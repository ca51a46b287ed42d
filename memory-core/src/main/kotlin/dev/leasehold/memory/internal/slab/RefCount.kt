package dev.leasehold.memory.internal.slab

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater

/**
 * How many references to one block there are. Once it is zero it stays so.
 *
 * Counted by the owner alone and plainly while [bias] holds, see there, and atomically from the first time that another
 * thread counts:
 *
 * | `shared` | the count |
 * |---|---|
 * | 0 | `extra + 1`, the owner's |
 * | positive | `shared`; `extra` is not looked at any more, or negative |
 * | `LOCKED` | one holder's, who keeps all others waiting |
 * | `OVER` | none left |
 *
 * The way from the first row to the others is one store by the owner, in its busy region, or one compare-and-set by
 * another thread, made after the owner's last plain count.
 */
internal class RefCount(private val bias: Bias?, private val generation: Int) {
    private var extra = 0

    @Volatile
    private var shared = 0

    init {
        // Not a volatile store, which would be a fence. Zero needs no store at all.
        if (bias == null) SHARED.lazySet(this, 1)
    }

    /** How many there are: a moment's truth. */
    val count: Int
        get() {
            val seen = shared
            return if (seen == 0) {
                extra + 1
            } else if (seen == LOCKED) {
                1
            } else {
                maxOf(0, seen)
            }
        }

    /** Whether none is left. */
    val isOver: Boolean get() = shared == OVER

    /** Adds one; false when none was left, or when there are as many as can be counted. */
    fun tryRetain(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = extra
            val counted = bias.generation == generation && Integer.compareUnsigned(seen, MOST - 1) < 0
            if (counted) extra = seen + 1
            bias.leave()
            if (counted) return true
        }
        return tryRetainShared()
    }

    private fun tryRetainShared(): Boolean {
        while (true) {
            val seen = sharedCount()
            if (seen == OVER || seen == MOST) return false
            if (SHARED.compareAndSet(this, seen, seen + 1)) return true
        }
    }

    /** Takes one away and answers [LAST] once, to whoever took the last one, [MORE] before that and [NONE] after it. */
    fun release(): Int {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = extra
            val counted = seen >= 0 && bias.generation == generation
            if (counted) {
                extra = seen - 1
                if (seen == 0) SHARED.lazySet(this, OVER)
            }
            bias.leave()
            if (counted) return if (seen == 0) LAST else MORE
        }
        return releaseShared()
    }

    private fun releaseShared(): Int {
        while (true) {
            val seen = sharedCount()
            if (seen == OVER) return NONE
            if (SHARED.compareAndSet(
                    this,
                    seen,
                    if (seen ==
                        1
                    ) {
                        OVER
                    } else {
                        seen - 1
                    },
                )
            ) {
                return if (seen == 1) LAST else MORE
            }
        }
    }

    /** Takes back that [release] answered [LAST], for whom it did, when what should have followed could not be done. */
    fun undoLast() {
        check(SHARED.compareAndSet(this, OVER, 1))
    }

    /**
     * Keeps everybody else out, if there are just [holds] references, which the caller knows to be its own; they wait until
     * [unlock] or [end]. For a moment.
     */
    fun tryLock(holds: Int): Boolean {
        while (true) {
            if (sharedCount() != holds) return false
            if (SHARED.compareAndSet(this, holds, LOCKED)) return true
        }
    }

    /** Lets the others in again; there are [holds] references. */
    fun unlock(holds: Int) = SHARED.set(this, holds)

    /** Ends a [tryLock] with no reference left. */
    fun end() = SHARED.set(this, OVER)

    /** The count in `shared`, which from now on holds it, once nobody locks it. */
    private fun sharedCount(): Int {
        var seen = shared
        if (seen == 0) {
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
        SHARED.compareAndSet(this, 0, extra + 1)
    }

    // The owner can do it for one block, without a handshake for all.
    private fun unbiasOwn(bias: Bias): Boolean {
        bias.enter()
        val mine = bias.generation == generation
        if (mine) {
            SHARED.lazySet(this, extra + 1)
            extra = -1
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

        private const val MOST = Int.MAX_VALUE - 1
        private const val OVER = Int.MIN_VALUE
        private const val LOCKED = -1

        private val SHARED: AtomicIntegerFieldUpdater<RefCount> =
            AtomicIntegerFieldUpdater.newUpdater(RefCount::class.java, "shared")
    }
}
