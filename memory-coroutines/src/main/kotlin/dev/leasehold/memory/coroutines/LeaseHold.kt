package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.BlockBinding
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.end

/**
 * [lease] while a block runs that it was handed to: closed at the end of that, unless it was moved to another owner.
 */
@PublishedApi
internal class LeaseHold(private val lease: SharedLease) {
    private val grant = Grant.of(lease)
    private val binding = BlockBinding()

    init {
        // A lease that has ended has nothing to be held, and one of a plain pool keeps no books: it cannot be moved.
        if (grant != null) {
            val _ = grant.bind(binding)
        }
    }

    /** Closes the lease if it is still held; [failure] is what the block threw. */
    fun end(failure: Throwable?) {
        if (grant != null) {
            if (!binding.end(grant)) return
            grant.endedByBlock = true
        }
        lease.end(BlockBinding.NAME, failure) {}
    }
}

/** Runs [block], and closes this lease when it ends, in whatever way, unless the lease was moved to another owner. */
@PublishedApi
@JvmSynthetic
internal inline fun <R> SharedLease.held(block: () -> R): R {
    val hold = LeaseHold(this)
    var failure: Throwable? = null
    try {
        return block()
    } catch (thrown: Throwable) {
        failure = thrown
        throw thrown
    } finally {
        hold.end(failure)
    }
}

/** Ends a lease of [withLease] of a plain pool; [failure] is what its block threw. */
@PublishedApi
@JvmSynthetic
internal fun SharedLease.endWithLease(failure: Throwable?): Unit = end("its withLease", failure) {}
