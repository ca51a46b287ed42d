@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.requireOpen
import kotlinx.coroutines.Job

/**
 * Takes this lease away from the scope, the job, the flow or the consumer that it belongs to: from now on it is the caller's, who
 * closes it.
 *
 * A lease that belongs to nobody else is the caller's already, and stays it; so is one of a plain pool. Only what [withLease] handed
 * out cannot be moved: it is closed at the end of that all the same.
 *
 * **Ownership.** The caller's. Between here and whoever takes it over there must be no suspension, or a cancellation loses it.
 * **Threads.** Any. Of a move and the end of a scope that race, one wins: either the lease is closed and this throws, or the scope
 * does not close it.
 * **Cost.** A short lock.
 *
 * @return this lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
@IgnorableReturnValue
public fun SharedLease.move(): SharedLease {
    Grant.of(this)?.let { detach(it, this) }
    requireOpen(this)
    return this
}

/**
 * Moves this lease to the scope [to], which closes it at its end, before what it owned before.
 *
 * @return this lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 * @throws dev.leasehold.memory.dsl.ScopeClosedException when [to] has ended; the lease is as it was
 */
@IgnorableReturnValue
public fun SharedLease.move(to: SuspendingMemoryScope): SharedLease = also { to.ledger.adopt(it) }

/**
 * Moves this lease to [to], at whose completion it is closed: to another coroutine.
 *
 * @return this lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 * @throws IllegalStateException when [to] has completed; the lease is as it was
 */
@IgnorableReturnValue
public fun SharedLease.move(to: Job): SharedLease {
    requireActive(to)
    return move().bound(to)
}

/**
 * Takes [lease] away from whoever owns [grant], and answers who would have ended it besides a scope. If its scope is ending it at
 * this moment, it is ended when this returns.
 */
@IgnorableReturnValue
internal fun detach(grant: Grant, lease: SharedLease): Tie? {
    // Until nobody holds it: another move of the same lease may put it somewhere else in between.
    var holder = grant.holder
    while (holder != null && !holder.remove(grant)) holder = grant.holder
    val tie = grant.untie()
    if (grant.isEnding) lease.close()
    grant.ledger = null
    return tie
}

/**
 * Refuses when [lease] has ended, or is being closed at this moment. That close may be refused itself; then the lease is closed as
 * soon as it can be, for nobody would own what was taken away and then given to nobody.
 */
internal fun requireOpen(lease: SharedLease) {
    try {
        lease.requireOpen()
    } catch (closed: LeaseClosedException) {
        Stragglers.close(lease)
        throw closed
    }
}

/** Refuses when [job] has completed, so that nothing can end with it. */
internal fun requireActive(job: Job) {
    check(!job.isCompleted) { "$job has completed, so no lease can be bound to it: bind it to a job that is active" }
}

/** This lease, which ends at the latest when [job] completes. */
internal fun SharedLease.bound(job: Job): SharedLease {
    val grant = Grant.of(this)
    if (grant != null) {
        JobTie(job).restore(grant, this)
    } else {
        val _ = job.invokeOnCompletion { Stragglers.close(this) }
    }
    return this
}
