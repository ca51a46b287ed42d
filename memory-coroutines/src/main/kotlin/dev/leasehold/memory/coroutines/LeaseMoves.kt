@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.bound
import dev.leasehold.memory.coroutines.internal.own.detach
import dev.leasehold.memory.coroutines.internal.own.requireActive
import dev.leasehold.memory.coroutines.internal.own.requireOpenOrClose
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import kotlinx.coroutines.Job

/**
 * Takes this lease away from the scope, the job, the flow or the consumer that it belongs to: from now on the
 * caller owns it and closes it.
 *
 * A lease without another owner is the caller's already, and stays it; so is one of a plain pool. Only what [withLease]
 * handed out cannot be moved: it is closed at the end of that all the same.
 *
 * **Ownership.** The caller's. Until the next owner has it there must be no suspension, or a cancellation loses it.
 * **Threads.** Any. Of a move and the end of a scope that race, one wins: either the lease is closed and this throws,
 * or the scope does not close it.
 * **Cost.** A short lock.
 *
 * @return this lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
@IgnorableReturnValue
public fun SharedLease.move(): SharedLease {
    Grant.of(this)?.let { detach(it, this) }
    requireOpenOrClose(this)
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
