package dev.leasehold.memory.model

import dev.leasehold.memory.internal.cache.Bias

/**
 * A bias whose owner is whichever thread says so with [play], one at a time: a checker chooses its threads itself, and
 * the one that gets the owner's part is known only when it runs. All else is the shipped one.
 */
internal open class PlayedBias(fence: () -> Unit, firstPause: Int = 1, longestPause: Int = 1) :
    Bias(ownerId = 0, fence, firstPause, longestPause) {
    @Volatile
    private var owner: Thread? = null

    /** Makes the calling thread the owner. The former owner must rest. */
    fun play() {
        owner = Thread.currentThread()
    }

    override fun isOwner(thread: Thread): Boolean = thread === owner
}

/** The twin that ends a generation, and neither makes the owner see it nor waits until the owner has counted. */
internal class HastyBias : PlayedBias(fence = {}) {
    override fun revoke(of: Int) {
        if (generation == of) generation = 0
    }
}

/** The twin that ends no generation at all: the owner goes on counting plainly beside all other threads. */
internal class DeafBias : PlayedBias(fence = {}) {
    override fun revoke(of: Int) = Unit
}
