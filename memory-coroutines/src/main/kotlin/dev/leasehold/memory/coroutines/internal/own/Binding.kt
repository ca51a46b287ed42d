package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.SharedLease
import kotlinx.coroutines.DisposableHandle
import kotlinx.coroutines.Job

/**
 * What ends a lease that belongs to no scope: a job, or a block that it was handed to. A [Grant] has at most one.
 *
 * A binding that is about to end the lease [marks][Grant.end] that in the grant first. A move takes the binding out, and so of
 * the two one wins: a move that comes second finds the mark, and a lease that is about to be closed.
 */
internal abstract class Binding {
    /** It is in its grant no more, and can forget the lease. */
    abstract fun loosen()

    /** Ends [lease], which is [grant]'s, from now on: again, or for the first time. */
    abstract fun restore(grant: Grant, lease: SharedLease)
}

/** Ends a lease when [job] completes. */
internal class JobBinding(private val job: Job) : Binding() {
    @Volatile
    private var handle: DisposableHandle? = null

    override fun loosen() {
        handle?.dispose()
    }

    override fun restore(grant: Grant, lease: SharedLease) {
        // A fresh one each time: the handler of a job cannot be put back after it was disposed of.
        val binding = JobBinding(job)
        if (grant.bind(binding)) binding.start(grant, lease)
    }

    private fun start(grant: Grant, lease: SharedLease) {
        handle = job.invokeOnCompletion { if (grant.end(this)) DeferredClose.close(lease) { "$job" } }
        // A move that took the binding out before there was a handle could not dispose of it.
        if (!grant.holds(this)) loosen()
    }
}

/** Ends a lease when a block ends, of which it was the argument. */
internal class BlockBinding : Binding() {
    @Volatile
    private var ended = false

    override fun loosen(): Unit = Unit

    /** The block has ended: whether it is for the caller to end the lease of [grant]. */
    fun end(grant: Grant): Boolean {
        ended = true
        return grant.end(this)
    }

    override fun restore(grant: Grant, lease: SharedLease) {
        if (grant.bind(this) && ended && grant.end(this)) DeferredClose.close(lease) { NAME }
    }

    companion object {
        /** What messages call the block. */
        const val NAME: String = "the block that it was handed to"
    }
}

/** Ends nothing: what stands in the place of a binding. */
internal class NoBinding : Binding() {
    override fun loosen(): Unit = Unit

    override fun restore(grant: Grant, lease: SharedLease): Unit = Unit
}

/** Refuses when [job] has completed, so that nothing can end with it. */
internal fun requireActive(job: Job) {
    check(!job.isCompleted) { "$job has completed, so no lease can be bound to it: bind it to a job that is active" }
}

/** This lease, which ends at the latest when [job] completes. */
internal fun SharedLease.bound(job: Job): SharedLease {
    val grant = Grant.of(this)
    if (grant != null) {
        JobBinding(job).restore(grant, this)
    } else {
        val _ = job.invokeOnCompletion { DeferredClose.close(this) { "$job" } }
    }
    return this
}
