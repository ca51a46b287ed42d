package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Ground
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.platform.StackRoom

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
 *
 * What a cache may hold is paid for ([CacheShape]), and a revoker that empties it closes its bins: so what comes next
 * to a thread that slept comes on the slow way, which sees to it that somebody looks after what lies idle ([Supply]).
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
        // A block; 0 for none; NO_ROOM where none may be kept, and then the stack has no room either.
        @JvmField var hot = NO_ROOM

        @JvmField var stack: LongArray = NOTHING

        @JvmField var top = 0

        @JvmField var hits = 0L

        /** With how many [hits] the next take is to be watched. */
        @JvmField var sampleAt = if (Sampling.isAll) 0 else Sampling.NEVER

        @JvmField var misses = 0L

        /** Blocks that came in less blocks that went out, as the owner knows them. */
        @JvmField var net = 0L

        /** Blocks that a revoker took out. */
        @JvmField var drained = 0L

        /** How many blocks the stack has room for; [CacheShape.CLOSED] when there is no room at all. */
        @JvmField var room = CacheShape.CLOSED

        /** How many bytes that was paid for. */
        @JvmField var paid = 0L

        val present: Int get() = if (hot > 0L) top + 1 else top

        /** Blocks that are leased, as the owner knows them. */
        val open: Long get() = net - drained - present

        /** Takes a block; 0 when there is none. */
        fun pop(): Long {
            val newest = hot
            if (newest > 0L) {
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

        /** Has [room] from now on, in [stack], which has what the one before had; it was paid for with [more]. */
        fun open(stack: LongArray, room: Int, more: Long) {
            if (hot == NO_ROOM) hot = 0
            this.stack = stack
            this.room = room
            paid += more
        }

        /** Has no room from now on. It is empty. */
        fun close() {
            hot = NO_ROOM
            stack = NOTHING
            room = CacheShape.CLOSED
            paid = 0
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

    // Which bins were ever used, a bit each: the others have no counts. Written by the owner.
    private var used = 0L

    // How many bytes of room were paid for. Written in the busy region, or by a revoker.
    private var paid = 0L

    // The owner's: whether the next one that it takes on the slow way is to be watched, and when the last one was.
    private var isSampled = false
    private var sampledAt = System.nanoTime() - Sampling.LEAST_GAP_NANOS

    /** Whether this has ended, with its owner. Under the lock of the registry. */
    var isRetired: Boolean = false
        private set

    private fun bin(classIndex: Int): Bin = bins[classIndex and BIN_MASK]

    /**
     * Takes a block of [classIndex]; 0 when it can be had neither here nor from the depot nor from the store, where that
     * is no class, and when the next one is to be watched ([takeSampled]): it is taken on the slow way.
     */
    fun take(classIndex: Int): Long {
        // What gives it back when the rest of the rent fails goes deeper then.
        if (cleans) StackRoom.require()
        bias.enter()
        var address = 0L
        if (!revoked) {
            val bin = bin(classIndex)
            val hits = bin.hits
            if (hits < bin.sampleAt) {
                address = bin.pop()
                if (address != 0L) bin.hits = hits + 1
            }
        }
        bias.leave()
        return if (address != 0L) address else takeOrSample(classIndex)
    }

    /** [take] that enters the block into the [ledger]. */
    fun takeRecorded(classIndex: Int): Long {
        val address = take(classIndex)
        val ledger = ledger
        if (ledger != null && address != 0L) ledger.taken(address, classIndex)
        return address
    }

    private fun takeOrSample(classIndex: Int): Long {
        StackRoom.require(CALLS_PAST)
        if (classIndex == SizeClasses.NONE) return 0
        val bin = bin(classIndex)
        if (!isSampleDue(bin)) return takeUnwatched(classIndex)
        isSampled = true
        return 0
    }

    // A miss is drawn for itself, and nothing is watched too soon after the last.
    private fun isSampleDue(bin: Bin): Boolean {
        if (Sampling.isAll) return true
        if (bin.hits >= bin.sampleAt) {
            // The one that is being taken counts among the hits, too.
            bin.sampleAt = drawnAt(bin, bin.hits + Sampling.gap())
        } else if (bin.present > 0 || !Sampling.draw()) {
            return false
        }
        val now = System.nanoTime()
        if (!Sampling.mayFollow(sampledAt, now)) return false
        sampledAt = now
        return true
    }

    /** Whether [take] said that the next one is to be watched, which it forgets. For the owner. */
    fun takeSampled(): Boolean = isSampled.also { isSampled = false }

    /** Draws anew which are watched. For a revoker. */
    fun resample() {
        for (bin in bins) bin.sampleAt = nextSample(bin)
    }

    private fun nextSample(bin: Bin): Long = if (Sampling.isAll) 0 else drawnAt(bin, bin.hits + Sampling.gap() - 1)

    // All hits are drawn from the second miss on, and before it those at the beginning, for threads may be short-lived.
    // What goes on taking only what it has given back can neither leak nor hoard, and pays nothing: the compiler never
    // sees it on the slow way.
    private fun drawnAt(bin: Bin, hits: Long): Long = if (bin.misses > 1 || hits <= BEGINNING) hits else Sampling.NEVER

    /** [take] of one that is watched or not for another reason. */
    fun takeUnwatched(classIndex: Int): Long {
        // What gives it back when the rest of the rent fails goes deeper then.
        if (cleans) StackRoom.require()
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
        StackRoom.require(CALLS_PAST)
        used = used or (1L shl classIndex)
        val bin = bin(classIndex)
        val address = if (revoked) supply.takeDirect(classIndex) else refill(classIndex, bin)
        if (address != 0L) {
            bin.misses++
            bin.net++
            if (bin.misses <= 2) whileBusy { bin.sampleAt = nextSample(bin) }
        }
        supply.served()
        return address
    }

    private fun refill(classIndex: Int, bin: Bin): Long = withHands {
        if (revoked) supply.takeDirect(classIndex) else refillFromMagazine(classIndex, bin)
    }

    private fun refillFromMagazine(classIndex: Int, bin: Bin): Long {
        StackRoom.require()
        makeRoom(classIndex, bin)
        val magazine = supply.fullMagazine(classIndex, maxOf(1, bin.stack.size / 2))
        if (magazine.count == 0) return 0
        val address = magazine.pop()
        whileBusy {
            val stack = bin.stack
            while (magazine.count > 0 && bin.top < stack.size) {
                stack[bin.top++] = magazine.pop()
                bin.net++
            }
        }
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
        StackRoom.require(CALLS_PAST)
        used = used or (1L shl classIndex)
        if (!revoked || !supply.giveBackDirect(classIndex, address)) return unload(address, classIndex)
        bin(classIndex).net--
    }

    private fun unload(address: Long, classIndex: Int) = withHands {
        StackRoom.require()
        val bin = bin(classIndex)
        val magazine = emptyMagazine(classIndex, bin)
        if (magazine == null) {
            // The heap is full, and a close must not fail for that.
            supply.giveBackOne(classIndex, address)
            bin.net--
            return@withHands
        }
        var kept = false
        whileBusy {
            if (bin.top > 0 && bin.top == bin.stack.size) unloadOldest(bin, bin.stack, magazine)
            bin.net -= magazine.count
            kept = bin.push(address)
        }
        if (!kept) {
            magazine.push(address)
            bin.net--
        }
        supply.dispose(classIndex, magazine)
    }

    /** A magazine for what leaves [bin], which has got more room if it can; null when the heap is full. */
    private fun emptyMagazine(classIndex: Int, bin: Bin): Magazine? = try {
        makeRoom(classIndex, bin)
        supply.emptyMagazine(classIndex)
    } catch (_: OutOfMemoryError) {
        null
    }

    /** Moves the half that was pushed first, and is coldest, into [magazine]. */
    private fun unloadOldest(bin: Bin, stack: LongArray, magazine: Magazine) {
        val moved = stack.size / 2
        System.arraycopy(stack, 0, magazine.rounds, 0, moved)
        System.arraycopy(stack, moved, stack, 0, bin.top - moved)
        magazine.count = moved
        bin.top -= moved
    }

    /** Lets [bin] keep more, where its class is exchanged once more and the allowance suffices. */
    private fun makeRoom(classIndex: Int, bin: Bin) {
        val wanted = supply.shape.nextAfter(classIndex, bin.room)
        if (wanted <= bin.room || makeRoom(classIndex, bin, wanted)) return
        val free = supply.shape.freeRoomOf(classIndex)
        if (free > bin.room) makeRoom(classIndex, bin, free)
    }

    @IgnorableReturnValue
    private fun makeRoom(classIndex: Int, bin: Bin, wanted: Int): Boolean {
        val room = bin.room
        val before = bin.paid
        val more = maxOf(0, supply.shape.priceOf(classIndex, wanted) - before)
        // Looked at first: a cache that has its part comes here with every exchange, and must make no garbage.
        if (!supply.shape.canPay(more, paid)) return false
        val stack = if (wanted == 0) NOTHING else bin.stack.copyOf(wanted)
        if (!supply.shape.tryPay(more, paid)) return false
        var done = false
        whileBusy {
            // Else it was emptied in between, and its room paid back.
            if (bin.room == room && bin.paid == before) {
                bin.open(stack, wanted, more)
                paid += more
                done = true
            }
        }
        if (!done) supply.shape.payBack(more)
        return done
    }

    /** Waits, as a revoker after the fence, until the owner has left the busy region. Open for a twin in tests. */
    open fun awaitIdle(): Unit = bias.awaitIdle()

    /** Takes every block out, and the room for more. For the owner's successor or a revoker. */
    fun drainInto(ground: Ground) {
        for (bin in bins) {
            if (bin.room == CacheShape.CLOSED) continue
            while (true) {
                val address = bin.pop()
                if (address == 0L) break
                bin.drained++
                ground.giveBack(address)
            }
            bin.close()
        }
        supply.shape.payBack(paid)
        paid = 0
    }

    /** Has no owner from now on, and is empty. */
    fun retire() {
        isRetired = true
        if (ownerId != 0L) supply.shape.left()
    }

    /** Whether there is room for blocks, and may be blocks. */
    val isOpen: Boolean
        get() {
            eachUsed { if (it.room != CacheShape.CLOSED) return true }
            return false
        }

    /** A figure that changes with every use. From any thread: a moment's truth. */
    val activity: Long
        get() {
            var sum = 0L
            eachUsed { sum += ACTIVITY_TAKEN * (it.hits + it.misses) + ACTIVITY_MOVED * it.net + it.present }
            return sum
        }

    private inline fun eachUsed(action: (Bin) -> Unit) {
        var left = used
        while (left != 0L) {
            action(bins[java.lang.Long.numberOfTrailingZeros(left)])
            left = left and (left - 1)
        }
    }

    /**
     * How often this may have got a block that then lay idle: by a close, or among those that it was filled up with.
     * From any thread, which sees at least what it knows to have happened.
     */
    val arrivals: Long
        get() {
            var sum = 0L
            eachUsed { sum += Tally.arrivals(it.hits, it.misses, it.open) }
            return sum
        }

    /** Adds this thread's counts to [tally]. Exact when the owner rests. */
    fun addTo(tally: Tally) {
        var left = used
        while (left != 0L) {
            val index = java.lang.Long.numberOfTrailingZeros(left)
            val bin = bins[index]
            tally.add(index, bin.hits, bin.misses, bin.open)
            left = left and (left - 1)
        }
    }

    /** Adds to [counts] how many blocks of each class lie here. From any thread: a moment's truth. */
    fun addPresent(counts: LongArray) {
        var left = used
        while (left != 0L) {
            val index = java.lang.Long.numberOfTrailingZeros(left)
            counts[index] += bins[index].present.toLong()
            left = left and (left - 1)
        }
    }

    internal companion object {
        private const val BIN_MASK = 63

        // How deep it goes past the caches where memory is short. What goes to the store or the depot looks again.
        private const val CALLS_PAST = 32
        private const val NO_ROOM = -1L

        // How many hits: fewer than it takes for the compiler to begin to look.
        private const val BEGINNING = 100

        // Large primes, so that what comes does not look like what goes.
        private const val ACTIVITY_TAKEN = 1_000_003L
        private const val ACTIVITY_MOVED = 2_147_483_647L

        @JvmField val NOTHING = LongArray(0)
    }
}
