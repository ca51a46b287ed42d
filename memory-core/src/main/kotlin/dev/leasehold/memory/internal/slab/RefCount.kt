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
 * | 0 | `extra + 1`, the owner's; none left when `extra` is negative |
 * | positive | `shared` |
 * | negative | none left |
 *
 * The way from the first row to the others is one compare-and-set, made only after the owner's last plain count.
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
            return if (seen != 0) maxOf(0, seen) else extra + 1
        }

    /** Whether none is left. */
    val isOver: Boolean
        get() {
            val seen = shared
            return seen < 0 || (seen == 0 && extra < 0)
        }

    /** Adds one; false when none was left, or when there are as many as can be counted. */
    fun tryRetain(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val mine = bias.generation == generation
            val seen = extra
            val counted = mine && Integer.compareUnsigned(seen, MOST) < 0
            if (counted) extra = seen + 1
            bias.leave()
            if (mine) return counted
        }
        return tryRetainShared()
    }

    private fun tryRetainShared(): Boolean {
        unbias()
        while (true) {
            val seen = shared
            if (seen < 0 || seen == MOST) return false
            if (SHARED.compareAndSet(this, seen, seen + 1)) return true
        }
    }

    /** Takes one away and answers [LAST] once, to whoever took the last one, [MORE] before that and [NONE] after it. */
    fun release(): Int {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val mine = bias.generation == generation
            val seen = extra
            if (mine && seen >= 0) extra = seen - 1
            bias.leave()
            if (mine) {
                return if (seen > 0) {
                    MORE
                } else if (seen == 0) {
                    LAST
                } else {
                    NONE
                }
            }
        }
        return releaseShared()
    }

    private fun releaseShared(): Int {
        unbias()
        while (true) {
            val seen = shared
            if (seen < 0) return NONE
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

    /** [release] if that takes the last one: how a sole holder makes sure that it is one, and that it stays so. */
    fun releaseSole(): Boolean {
        unbias()
        return SHARED.compareAndSet(this, 1, OVER)
    }

    /** Takes [release] back, for whom it answered [LAST], when what should have followed could not be done. */
    fun undoLast() {
        unbias()
        check(SHARED.compareAndSet(this, OVER, 1))
    }

    private fun unbias() {
        if (shared != 0) return
        bias!!.revoke(generation)
        val seen = extra
        SHARED.compareAndSet(this, 0, if (seen < 0) OVER else seen + 1)
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

        private val SHARED: AtomicIntegerFieldUpdater<RefCount> =
            AtomicIntegerFieldUpdater.newUpdater(RefCount::class.java, "shared")
    }
}
