package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses

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
 *     pop or push                  while (busy == 1) wait
 *   busy = 0        (plain mov)    empty the cache
 *
 * Without a fence between the owner's store to `busy` and its load of `revoked`, both sides could miss each other. The
 * revoker's fence stands in for it: closing a shared arena makes every thread of the virtual machine pass a handshake,
 * and that orders everything before it on that thread with everything after it. So after the fence either the owner's
 * operation began before it, and then `busy` is seen to be 1 until it has ended; or it begins after it, and then
 * `revoked` is seen to be true. An operation in compiled code has no safepoint inside and is not even interrupted; in
 * the interpreter it may be, and then `busy` is 1. The same idea is Linux's membarrier(2) and the revocation of biased
 * locks (Dice, Moir and Scherer, "Quickly reacquirable locks", 2003). Rejected: a compare-and-set a rent and a close
 * (10 ns, four times the rest), and caches that cannot be revoked (spurious refusals under a limit, and trims in vain).
 *
 * The busy region takes no lock, waits for nothing and calls nothing that could throw, so the revoker's wait is
 * short; where the owner has lost its processor inside, the revoker soon gives up its own. The region is that of the
 * owner's bias: never are two entered at once. A cache whose `revoked` is true sends its owner straight to the store.
 */
internal open class ThreadCache(
    private val supply: Supply,
    /** The id of the thread that owns this, or 0 when it is one that threads share. */
    @JvmField val ownerId: Long,
    /** The owner's right to count the references of its own blocks plainly. */
    @JvmField val bias: Bias,
    /** What has to know of the blocks that come and go; null where nothing has. */
    @JvmField val ledger: BlockLedger? = null,
) : BlockSource() {
    /**
     * The blocks of one class, and the counts of what this thread did with them.
     *
     * The block that came back last waits in [hot], the others on the [stack]. A thread that closes and rents in turn
     * then never moves [top], and the next rent depends on one store of the last close instead of two.
     *
     * How many blocks are leased is not counted on the hot path: it is what came in less what went out and what is
     * here.
     */
    class Bin {
        @JvmField var hot = 0L

        @JvmField var stack: LongArray = NOTHING

        @JvmField var top = 0

        @JvmField var hits = 0L

        @JvmField var misses = 0L

        /** Blocks that came in less blocks that went out, as the owner knows them. */
        @JvmField var net = 0L

        /** Blocks that a revoker took out. */
        @JvmField var drained = 0L

        val present: Int get() = if (hot == 0L) top else top + 1

        /** Blocks that are leased, as the owner knows them. */
        val open: Long get() = net - drained - present

        /** Takes a block; 0 when there is none. */
        fun pop(): Long {
            val newest = hot
            if (newest != 0L) {
                hot = 0
                return newest
            }
            val below = top
            if (below == 0) return 0
            top = below - 1
            return stack[below - 1]
        }

        /** Keeps [address]; false when there is no room. */
        fun push(address: Long): Boolean {
            val newest = hot
            if (newest != 0L) {
                val below = top
                if (below == stack.size) return false
                stack[below] = newest
                top = below + 1
            }
            hot = address
            return true
        }
    }

    @Volatile
    @JvmField
    var revoked = false

    /** Whether the owner has blocks that are neither in this cache nor in the depot nor in the store. */
    @Volatile
    @JvmField
    var inHand = false

    // A power of two, and reached through a mask, so that no index needs a check.
    private val bins = Array(BIN_MASK + 1) { Bin() }
    private val hygiene = supply.hygiene
    private val cleans = hygiene.onClose

    // The owner's: by how many bytes its stacks have grown.
    private var grown = 0L

    private fun bin(classIndex: Int): Bin = bins[classIndex and BIN_MASK]

    /** Takes a block of [classIndex]; 0 when it can be had neither here nor from the depot nor from the store. */
    fun take(classIndex: Int): Long {
        bias.enter()
        var address = 0L
        if (!revoked) {
            val bin = bin(classIndex)
            address = bin.pop()
            if (address != 0L) bin.hits++
        }
        bias.leave()
        return if (address != 0L) address else takeSlow(classIndex)
    }

    override fun giveBack(address: Long, code: Int, size: Long) {
        if (cleans) hygiene.ended(address, size)
        bias.enter()
        val kept = !revoked && bin(code).push(address)
        bias.leave()
        if (!kept) giveBackSlow(address, code)
    }

    /** Runs [action] in the busy region; returns false, without running it, when this cache is revoked. */
    @IgnorableReturnValue
    private inline fun whileBusy(action: () -> Unit): Boolean {
        bias.enter()
        try {
            if (revoked) return false
            action()
            return true
        } finally {
            bias.leave()
        }
    }

    private fun takeSlow(classIndex: Int): Long {
        val bin = bin(classIndex)
        val address = if (revoked) supply.takeDirect(classIndex) else refill(classIndex, bin)
        if (address != 0L) {
            bin.misses++
            bin.net++
        }
        supply.served()
        return address
    }

    private fun refill(classIndex: Int, bin: Bin): Long = withHands {
        if (revoked) supply.takeDirect(classIndex) else refillFromMagazine(classIndex, bin)
    }

    private fun refillFromMagazine(classIndex: Int, bin: Bin): Long {
        val stack = grownStack(classIndex, bin)
        val magazine = supply.fullMagazine(classIndex, maxOf(1, stack.size / 2))
        if (magazine.count == 0) return 0
        val address = magazine.pop()
        val mine = whileBusy {
            bin.stack = stack
            while (magazine.count > 0 && bin.top < stack.size) {
                stack[bin.top++] = magazine.pop()
                bin.net++
            }
        }
        if (!mine) forgetGrowth(classIndex, bin, stack)
        supply.dispose(classIndex, magazine)
        return address
    }

    // Volatile, so that either the revoker sees the hands or the owner sees that the cache is revoked.
    private inline fun <R> withHands(action: () -> R): R {
        inHand = true
        try {
            return action()
        } finally {
            inHand = false
        }
    }

    private fun giveBackSlow(address: Long, classIndex: Int) {
        if (!revoked || !supply.giveBackDirect(classIndex, address)) return unload(address, classIndex)
        bin(classIndex).net--
    }

    private fun unload(address: Long, classIndex: Int) = withHands {
        val bin = bin(classIndex)
        val stack = grownStack(classIndex, bin)
        val magazine = supply.emptyMagazine(classIndex)
        var kept = false
        val mine = whileBusy {
            bin.stack = stack
            if (bin.top == stack.size) unloadOldest(bin, stack, magazine)
            bin.net -= magazine.count
            kept = bin.push(address)
        }
        if (!mine) forgetGrowth(classIndex, bin, stack)
        if (!kept) {
            magazine.push(address)
            bin.net--
        }
        supply.dispose(classIndex, magazine)
    }

    /** Moves the half that was pushed first, and is coldest, into [magazine]. */
    private fun unloadOldest(bin: Bin, stack: LongArray, magazine: Magazine) {
        val moved = stack.size / 2
        System.arraycopy(stack, 0, magazine.rounds, 0, moved)
        System.arraycopy(stack, moved, stack, 0, bin.top - moved)
        magazine.count = moved
        bin.top -= moved
    }

    /** The stack of [bin], longer where its class is exchanged again and the allowance suffices. */
    private fun grownStack(classIndex: Int, bin: Bin): LongArray {
        val stack = bin.stack
        val next = 2 * supply.shape.nextAfter(classIndex, stack.size / 2)
        if (next <= stack.size) return stack
        val growth = growth(classIndex, stack, next)
        if (!supply.shape.tryGrow(growth)) return stack
        grown += growth
        return stack.copyOf(next)
    }

    /** Gives back what [stack] was to be longer, which [bin] did not get. */
    private fun forgetGrowth(classIndex: Int, bin: Bin, stack: LongArray) =
        shrink(growth(classIndex, bin.stack, stack.size))

    private fun shrink(bytes: Long) {
        grown -= bytes
        supply.shape.shrink(bytes)
    }

    /** Gives back what this has grown by. For the owner's successor, when nothing more comes here. */
    fun retire(): Unit = shrink(grown)

    /** By how many bytes a stack of [next] instead of [stack] exceeds what every class may have. */
    private fun growth(classIndex: Int, stack: LongArray, next: Int): Long {
        val free = maxOf(stack.size, 2 * supply.shape.firstOf(classIndex))
        return maxOf(0, next - free) * SizeClasses.sizeOf(classIndex)
    }

    /** Waits, as a revoker after the fence, until the owner has left the busy region. Open for a twin in tests. */
    open fun awaitIdle(): Unit = bias.awaitIdle()

    /** Takes every block out. For the owner's successor or a revoker. */
    fun drainInto(giveBack: (Long) -> Unit) {
        for (bin in bins) {
            while (true) {
                val address = bin.pop()
                if (address == 0L) break
                bin.drained++
                giveBack(address)
            }
        }
    }

    /**
     * How often this may have got a block that then lay idle: by a close, or among those that it was filled up with.
     * From any thread, which sees at least what it knows to have happened.
     */
    val arrivals: Long
        get() {
            var sum = 0L
            for (bin in bins) sum += Tally.arrivals(bin.hits, bin.misses, bin.open)
            return sum
        }

    /** Adds this thread's counts to [tally]. Exact when the owner rests. */
    fun addTo(tally: Tally) {
        for (index in 0 until SizeClasses.COUNT) {
            val bin = bins[index]
            tally.add(index, bin.hits, bin.misses, bin.open)
        }
    }

    internal companion object {
        private const val BIN_MASK = 63

        @JvmField val NOTHING = LongArray(0)
    }
}
