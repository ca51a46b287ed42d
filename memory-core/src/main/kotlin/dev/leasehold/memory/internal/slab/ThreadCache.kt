package dev.leasehold.memory.internal.slab

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/*
 * One thread's free blocks, without an atomic operation on the hot path, and yet within reach of other threads.
 *
 * The owner pops and pushes plain fields. But trim(), close() and a request that the limit stops must be able to take
 * idle blocks out of the caches of threads that sleep, or memory would be refused while it lies idle. This is
 * Dekker's problem with one side that runs a hundred million times a second and one that runs once in a while, so the
 * price is put on the rare side:
 *
 *   owner                          revoker
 *   busy = 1        (plain mov)    revoked = true
 *   if (!revoked)                  fence()        a handshake with every thread
 *     pop or push                  while (busy == 1) spin
 *   busy = 0        (plain mov)    empty the cache
 *
 * Without a fence between the owner's store to `busy` and its load of `revoked`, both sides could miss each other.
 * The revoker's fence stands in for it: closing a shared arena makes every thread of the virtual machine pass a
 * handshake, and that orders everything before it on that thread with everything after it. So after the fence either
 * the owner's operation began before it, and then `busy` is seen to be 1 until it has ended; or it begins after it,
 * and then `revoked` is seen to be true. An operation in compiled code has no safepoint inside and is not even
 * interrupted; in the interpreter it may be, and then `busy` is 1. The same idea is Linux's membarrier(2) and the
 * revocation of biased locks (Dice, Moir and Scherer, "Quickly reacquirable locks", 2003). Rejected: a
 * compare-and-set a rent and a close (10 ns, four times the rest), and caches that nobody can revoke (spurious
 * refusals under a limit, and a trim that trims little).
 *
 * The busy region takes no lock, waits for nothing and calls nothing that could throw, so the revoker's spin is
 * short. A cache whose `revoked` is true sends its owner straight to the store.
 */
internal class ThreadCache(
    private val engine: SlabEngine,
    /** The id of the thread that owns this, or 0 when it is a stripe's. */
    @JvmField val ownerId: Long,
) : BlockHome(engine.owner, engine.poolName) {
    /** The blocks of one class, and the counts of what this thread did with them. */
    class Bin {
        @JvmField var stack: LongArray = NOTHING

        @JvmField var top = 0

        @JvmField var hits = 0L

        @JvmField var misses = 0L

        @JvmField var closes = 0L
    }

    @Volatile
    @JvmField
    var revoked = false

    private var busy = 0
    private val bins = Array(SizeClasses.COUNT) { Bin() }
    private val hygiene = engine.hygiene

    /** This thread's part in the epochs of shared leases; reached in the busy region only. */
    @JvmField val share = EpochShare()

    /** Takes a block of [classIndex]; 0 when it can be had neither here nor from the depot nor from the store. */
    fun take(classIndex: Int): Long {
        BUSY.setOpaque(this, 1)
        var address = 0L
        if (!revoked) {
            val bin = bins[classIndex]
            val top = bin.top
            if (top > 0) {
                bin.top = top - 1
                bin.hits++
                address = bin.stack[top - 1]
            }
        }
        BUSY.setRelease(this, 0)
        return if (address != 0L) address else takeSlow(classIndex)
    }

    /** [take], together with a ticket of the epoch [EpochShare.tickets]; 0 when either is not at hand. */
    fun takeWithTicket(classIndex: Int): Long {
        BUSY.setOpaque(this, 1)
        var address = 0L
        if (!revoked) {
            val bin = bins[classIndex]
            val top = bin.top
            if (top > 0 && share.takeTicket(SizeClasses.sizeOf(classIndex))) {
                bin.top = top - 1
                bin.hits++
                address = bin.stack[top - 1]
            }
        }
        BUSY.setRelease(this, 0)
        return address
    }

    override fun giveBack(address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        BUSY.setOpaque(this, 1)
        var kept = false
        val bin = bins[code]
        if (!revoked) {
            val top = bin.top
            if (top < bin.stack.size) {
                bin.stack[top] = address
                bin.top = top + 1
                kept = true
            }
        }
        bin.closes++
        BUSY.setRelease(this, 0)
        if (!kept) giveBackSlow(address, code)
    }

    /** Puts the closed shared block [packed] of [epoch] into this thread's share; false when there is no room for it now. */
    fun quarantine(epoch: Epoch, packed: Long): Boolean {
        BUSY.setOpaque(this, 1)
        val kept = !revoked && share.quarantine(epoch, packed)
        bins[PackedBlock.code(packed)].closes++
        BUSY.setRelease(this, 0)
        return kept
    }

    /** Runs [action] in the busy region; answers false, without running it, when this cache is revoked. */
    @IgnorableReturnValue
    inline fun whileMine(action: () -> Unit): Boolean {
        BUSY.setOpaque(this, 1)
        try {
            if (revoked) return false
            action()
            return true
        } finally {
            BUSY.setRelease(this, 0)
        }
    }

    private fun takeSlow(classIndex: Int): Long {
        val address = if (revoked) engine.takeDirect(classIndex) else refill(classIndex)
        if (address != 0L) bins[classIndex].misses++
        return address
    }

    private fun refill(classIndex: Int): Long {
        val magazine = engine.fullMagazine(classIndex)
        if (magazine.count == 0) return 0
        val address = magazine.pop()
        val bin = bins[classIndex]
        val stack = if (bin.stack === NOTHING) newStack(classIndex) else bin.stack
        whileMine {
            bin.stack = stack
            while (magazine.count > 0 && bin.top < stack.size) stack[bin.top++] = magazine.pop()
        }
        engine.disposeMagazine(classIndex, magazine)
        return address
    }

    private fun giveBackSlow(address: Long, classIndex: Int) {
        val bin = bins[classIndex]
        val stack = if (bin.stack === NOTHING) newStack(classIndex) else bin.stack
        val magazine = engine.emptyMagazine(classIndex)
        val mine = whileMine {
            bin.stack = stack
            if (bin.top == stack.size) unloadOldest(bin, stack, magazine)
            stack[bin.top++] = address
        }
        if (!mine) magazine.push(address)
        engine.disposeMagazine(classIndex, magazine)
    }

    /** Moves the half that was pushed first, and is coldest, into [magazine]. */
    private fun unloadOldest(bin: Bin, stack: LongArray, magazine: Magazine) {
        val moved = magazine.rounds.size
        System.arraycopy(stack, 0, magazine.rounds, 0, moved)
        System.arraycopy(stack, moved, stack, 0, bin.top - moved)
        magazine.count = moved
        bin.top -= moved
    }

    private fun newStack(classIndex: Int) = LongArray(2 * CacheShape.magazineOf(classIndex))

    /** Waits, as a revoker behind the fence, until the owner has left the busy region. */
    fun awaitIdle() {
        while (BUSY.getAcquire(this) as Int != 0) Thread.onSpinWait()
    }

    /** Takes every block out. For the owner's successor or a revoker. */
    fun drainInto(giveBack: (Long) -> Unit) {
        for (bin in bins) while (bin.top > 0) giveBack(bin.stack[--bin.top])
    }

    /** Adds this thread's counts to [tally]. Exact when the owner rests. */
    fun addTo(tally: Tally) {
        for ((index, bin) in bins.withIndex()) {
            // Closes first: a lease that ends between the two reads is then counted as open, never as closed twice.
            val closes = bin.closes
            tally.add(index, bin.hits, bin.misses, closes)
        }
        tally.quarantinedIn += share.quarantinedIn
    }

    internal companion object {
        @JvmField val NOTHING = LongArray(0)

        @JvmField
        val BUSY: VarHandle = MethodHandles.lookup().findVarHandle(
            ThreadCache::class.java,
            "busy",
            Int::class.javaPrimitiveType,
        )
    }
}
