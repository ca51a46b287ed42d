package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/**
 * How many references to one block there are, and how many scopes are using it. Once both are zero they stay so.
 *
 * References are given back by those that have one, so one may be given back too often. A scope's hold is given back by
 * that scope only, and keeps the memory as long as its view lives; that is why the two are counted apart.
 *
 * The count is one word:
 *
 *     63      62     61 … 32    31 … 0
 *    ENDED  BIASED   scopes    references
 *
 * | the word | counted by |
 * |---|---|
 * | with [BIASED] | the owner alone, plainly, in the busy region of its [bias], while [generation] is the bias's |
 * | positive without it | any thread, by compare-and-set |
 * | [LOCKED] | one holder, which keeps all others waiting |
 * | [LAST_TAKEN] | none is left, and who took the last is about to free the memory |
| [OVER] | none is left |
 *
 * The way from the first row to the second is one store by the owner, in its busy region, or one compare-and-set by
 * another thread after the owner's last plain count. See [Bias].
 *
 * Public only because public classes extend it; the package is not exported.
 */
public abstract class RefCount internal constructor(
    @JvmField internal val bias: Bias?,
    private val generation: Int,
) {
    // Plain, for the owner counts plainly; others go through HELD. A thread that was handed this sees its first value.
    @JvmField
    internal var held: Long = if (generation == 0) REFERENCE else REFERENCE or BIASED

    private val seenHeld: Long get() = HELD.getVolatile(this) as Long

    /** How many references there are: a moment's truth. */
    internal val references: Int
        get() {
            val seen = seenHeld
            return if (seen == LOCKED) 1 else referencesIn(maxOf(0, seen))
        }

    /** Whether no reference is left. */
    internal val isOver: Boolean get() = seenHeld.let { it != LOCKED && referencesIn(it) == 0 }

    /** Adds a reference; false when none was left, or when there are as many as can be counted. */
    internal fun tryReference(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = held
            val counted = isMine(bias, seen) && mayAddReference(seen)
            if (counted) held = seen + REFERENCE
            bias.leave()
            if (counted) return true
        }
        return tryReferenceShared()
    }

    private fun tryReferenceShared(): Boolean {
        while (true) {
            val seen = sharedCount()
            if (!mayAddReference(seen)) return false
            if (replace(seen, seen + REFERENCE)) return true
        }
    }

    private fun mayAddReference(seen: Long) = seen > 0 && Integer.compareUnsigned(referencesIn(seen) - 1, MOST - 1) < 0

    /** Adds a scope, which must [leave][leaveScope]; false when no reference was left. */
    internal fun tryEnter(): Boolean {
        val bias = bias
        if (bias != null && bias.isOwner(Thread.currentThread())) {
            bias.enter()
            val seen = held
            val counted = isMine(bias, seen) && mayAddScope(seen)
            if (counted) held = seen + SCOPE
            bias.leave()
            if (counted) return true
        }
        return tryEnterShared()
    }

    private fun tryEnterShared(): Boolean {
        while (true) {
            val seen = sharedCount()
            if (!mayAddScope(seen)) return false
            if (replace(seen, seen + SCOPE)) return true
        }
    }

    private fun mayAddScope(seen: Long) = seen > 0 && referencesIn(seen) > 0 && (seen and SCOPES) != SCOPES

    /** Takes a reference away: [LAST] once, for the last hold, [MORE] before that, [NONE] when there was none. */
    internal fun releaseReference(): Int = if (bias != null) release(bias, REFERENCE) else releaseShared(REFERENCE)

    /** Takes a scope away, with the same results. */
    internal fun leaveScope(): Int = if (bias != null) release(bias, SCOPE) else releaseShared(SCOPE)

    private fun release(bias: Bias, hold: Long): Int {
        if (!bias.isOwner(Thread.currentThread())) return releaseShared(hold)
        var counted = false
        var last = false
        bias.enter()
        // Interpreted, this goes deeper than the way in and the way out do, and there may be no stack for that.
        try {
            val seen = held
            counted = isMine(bias, seen) && mayRelease(seen, hold)
            last = seen == hold or BIASED
            if (counted) {
                // So that a thread that finds the block closed sees what was written before. With a store by the
                // handle this would go deeper, interpreted, than what entered.
                VarHandle.releaseFence()
                held = if (last) LAST_TAKEN else seen - hold
            }
        } finally {
            bias.leave()
        }
        if (!counted) return releaseShared(hold)
        return if (last) LAST else MORE
    }

    private fun releaseShared(hold: Long): Int {
        while (true) {
            val seen = sharedCount()
            if (!mayRelease(seen, hold)) return NONE
            val left = if (seen == hold) LAST_TAKEN else seen - hold
            if (replace(seen, left)) return if (left == LAST_TAKEN) LAST else MORE
        }
    }

    private fun mayRelease(seen: Long, hold: Long) = seen > 0 && (hold == SCOPE || referencesIn(seen) != 0)

    /** Puts [next] in the place of [seen], if that is there. Open for a test that does not look. */
    internal open fun replace(seen: Long, next: Long): Boolean = HELD.compareAndSet(this, seen, next)

    /**
     * Keeps all other threads out if there are just [references] and [scopes], which the caller knows to be its own;
     * the others wait until [unlock] or [end]. For a moment.
     */
    internal fun tryLock(references: Int, scopes: Int): Boolean {
        val mine = holds(references, scopes)
        while (true) {
            if (sharedCount() != mine) return false
            if (replace(mine, LOCKED)) return true
        }
    }

    /** Lets the others in again; there are [references] and [scopes]. */
    internal fun unlock(references: Int, scopes: Int): Unit = HELD.setVolatile(this, holds(references, scopes))

    /** Ends a [tryLock] with no reference left. */
    internal fun end(): Unit = HELD.setVolatile(this, OVER)

    private fun holds(references: Int, scopes: Int) = references * REFERENCE + scopes * SCOPE

    private fun referencesIn(seen: Long): Int = seen.toInt()

    private fun isMine(bias: Bias, seen: Long) = seen > 0 && seen and BIASED != 0L && bias.generation == generation

    /** The count, which all threads share from now on, once it is not locked. */
    private fun sharedCount(): Long {
        while (true) {
            val seen = seenHeld
            when {
                seen == LOCKED -> awaitWhile { seenHeld == LOCKED }
                seen < 0 || seen and BIASED == 0L -> return seen
                else -> unbias()
            }
        }
    }

    private fun unbias() {
        val bias = bias!!
        if (bias.isOwner(Thread.currentThread()) && unbiasOwn(bias)) return
        bias.revoke(generation)
        val seen = seenHeld
        if (seen > 0 && seen and BIASED != 0L) HELD.compareAndSet(this, seen, seen and BIASED.inv())
    }

    // The owner can do it for one block, without a handshake for all.
    private fun unbiasOwn(bias: Bias): Boolean {
        bias.enter()
        try {
            val seen = held
            val mine = isMine(bias, seen)
            if (mine) {
                VarHandle.releaseFence()
                held = seen and BIASED.inv()
            }
            return mine
        } finally {
            bias.leave()
        }
    }

    internal companion object {
        /** What a release returns when there was nothing to release. */
        const val NONE: Int = 0

        /** What a release returns when there are more holds. */
        const val MORE: Int = 1

        /** What a release returns when it took the last hold. */
        const val LAST: Int = 2

        /** The count of a block that has one reference. */
        const val REFERENCE: Long = 1
        private const val SCOPE = 1L shl 32
        private const val SCOPES = ((1L shl 30) - 1) shl 32
        private const val BIASED = 1L shl 62
        private const val MOST = Int.MAX_VALUE - 1

        /** The count of a block that is freed, or is being freed. */
        const val OVER: Long = Long.MIN_VALUE

        /** The count between the last release and the first step of freeing. */
        const val LAST_TAKEN: Long = OVER or SCOPE
        private const val LOCKED = -1L

        private val HELD: VarHandle =
            MethodHandles.lookup().findVarHandle(RefCount::class.java, "held", Long::class.javaPrimitiveType)
    }
}
