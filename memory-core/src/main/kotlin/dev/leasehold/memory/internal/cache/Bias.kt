package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Fence

/*
 * One thread's right to count the references of its own blocks without an atomic operation.
 *
 * Most blocks are retained and closed by the thread that allocated them, yet any other thread may do so at any moment,
 * and then no count may be lost and none that reached zero may be revived. An atomic decrement in every close would
 * cost more than all the rest of it, because it waits for every write to the block's bytes. So a count starts out
 * *biased*: the owner counts with plain loads and stores, until another thread needs to count.
 *
 *   owner                                another thread, the first time
 *   busy = 1          (plain mov)        generation = 0
 *   if (generation == the count's own)   fence()        a handshake with every thread
 *     count, plainly                     while (busy == 1) wait
 *   busy = 0          (plain mov)        settled = the count's generation; count atomically from now on
 *
 * It is the protocol of ThreadCache, and rests on the same two facts: the fence orders everything before it on every
 * thread with everything after it, and the owner's busy region is short, waits for nothing and calls nothing. After the
 * fence the owner has either finished or is seen to be busy, or it sees that its generation is over.
 *
 * The handshake costs tens of microseconds, so it is not paid for a block but for all that a thread has allocated up to
 * then: a generation. Counts of a generation that is over turn into atomic ones when they are next touched, each for
 * itself. What the owner allocates next is counted atomically from the start, for a while; then it begins a new
 * generation. Each pause is twice as long as the one before, up to a thousand million blocks, so a thread whose blocks
 * always travel pays nothing that could be measured, and one whose blocks stay again has lost no more than it saved.
 *
 * Biased reference counts: Choi, Shull and Torrellas, 2018; there the owner's last close still needs an atomic
 * operation, because their other threads count at the same time as the owner. Giving up the bias in bulk: Russell and
 * Detlefs, "Eliminating synchronization-related atomic operations with biased locking and bulk rebiasing", 2006.
 */
internal open class Bias(
    private val ownerId: Long,
    private val fence: () -> Unit = Fence::everyThread,
    firstPause: Int = FIRST_PAUSE,
    private val longestPause: Int = LONGEST_PAUSE,
) : BusyRegion() {
    /** Where the owner gives back its own blocks; null before its cache has been made, and where there is none. */
    @JvmField var source: BlockSource? = null

    /** The generation that the owner counts plainly; 0 in a pause. */
    @Volatile
    @JvmField
    var generation = 1

    // Generations up to this one are over, and their owner knows it.
    @Volatile
    private var settled = 0

    // The owner's: how many more blocks this pause lasts, and how long the next one is.
    private var pauseLeft = firstPause
    private var nextPause = minOf(2 * firstPause, longestPause)

    /** Whether [thread], which is the calling one, may enter. Open, as is [revoke], for tests that play both parts. */
    open fun isOwner(thread: Thread): Boolean = thread.threadId() == ownerId

    /** The generation of a block that the owner is making; 0 when it is to be counted atomically. */
    fun generationOfNext(): Int {
        val current = generation
        return if (current != 0) current else whilePaused()
    }

    private fun whilePaused(): Int {
        if (--pauseLeft > 0) return 0
        pauseLeft = nextPause
        nextPause = minOf(2 * nextPause, longestPause)
        return resume()
    }

    @Synchronized
    private fun resume(): Int {
        // A revocation that failed half-way is finished first.
        if (generation == 0 && settled < latest) settle()
        if (generation == 0) generation = ++latest
        return generation
    }

    private var latest = 1

    /** Returns when the owner no longer counts blocks of [of] plainly, and what it counted is visible. Any thread. */
    open fun revoke(of: Int) {
        if (settled < of) revokeSlow(of)
    }

    @Synchronized
    private fun revokeSlow(of: Int) {
        if (settled >= of) return
        generation = 0
        settle()
    }

    private fun settle() {
        fence()
        awaitIdle()
        settled = latest
    }

    private companion object {
        const val FIRST_PAUSE = 1 shl 10
        const val LONGEST_PAUSE = 1 shl 30
    }
}

/**
 * The bias that a block of [generation] keeps: none when it is counted atomically from the start. So the thread that
 * closes it reads nothing that the one which made it writes at every allocation, and each has its cache lines for
 * itself.
 */
internal fun biasOf(bias: Bias?, generation: Int): Bias? = if (generation == 0) null else bias
