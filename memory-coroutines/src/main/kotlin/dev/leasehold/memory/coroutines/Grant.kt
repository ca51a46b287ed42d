@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.InternalMemoryApi
import dev.leasehold.memory.internal.LeaseKeeper
import dev.leasehold.memory.keeper
import kotlinx.coroutines.DisposableHandle
import kotlinx.coroutines.Job
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.CoroutineContext

/**
 * The bytes of one lease, from the moment that the line granted them until the lease ends: then they go back, once, whoever
 * ends it. Any thread.
 *
 * It does not know its lease, unless a scope or a job has to: a lease that was forgotten must become garbage to be reported.
 *
 * @property context the coroutine that rented, or null where it was a thread
 * @param inert whether leases that end before [start] keep the bytes with the grant
 */
internal class Grant(
    val pool: SuspendingPool,
    val bytes: Long,
    private val context: CoroutineContext?,
    inert: Boolean = false,
) : LedgerEntry(),
    LeaseKeeper {
    @Volatile
    private var state = if (inert) INERT else HELD

    /** The scope that the lease belongs to; null when it is the caller's own. */
    @Volatile
    var ledger: LeaseLedger? = null

    /** What makes a job end the lease. */
    private val binding = AtomicReference<DisposableHandle?>()

    /** Whether a job may end the lease. */
    val isBound: Boolean get() = binding.get() != null

    override val renter: String get() = Renter.describe(context)

    override fun describe(name: String?): String = ledger?.describe() ?: renter

    /** From now on the end of the lease gives the bytes back. */
    fun start() {
        state = HELD
    }

    override fun leaseEnded() {
        if (state == INERT) return
        holder?.remove(this)
        binding.getAndSet(OVER)?.dispose()
        release()
    }

    /** Gives the bytes back, unless that was done. For a grant of which no lease came. */
    fun release() {
        if (STATE.compareAndSet(this, HELD, RETURNED)) pool.giveBack(bytes)
    }

    /** Lets [lease], which is this grant's, end when [job] completes. */
    fun bind(job: Job, lease: SharedLease) {
        val handle = job.invokeOnCompletion { Stragglers.close(lease) }
        while (true) {
            val before = binding.get()
            if (before === OVER) return handle.dispose()
            if (binding.compareAndSet(before, handle)) return before?.dispose() ?: Unit
        }
    }

    /** Lets no job end the lease any more. */
    fun unbind() {
        while (true) {
            val before = binding.get()
            if (before == null || before === OVER) return
            if (binding.compareAndSet(before, null)) return before.dispose()
        }
    }

    companion object {
        /** Stands for a lease that has ended. */
        private val OVER = DisposableHandle {}

        private const val INERT = 0
        private const val HELD = 1
        private const val RETURNED = 2

        @JvmField
        val STATE: AtomicIntegerFieldUpdater<Grant> = AtomicIntegerFieldUpdater.newUpdater(Grant::class.java, "state")

        /** The grant of [lease], or null when it was not rented from a suspending pool, or by [withLease]. */
        fun of(lease: SharedLease): Grant? = lease.keeper() as? Grant
    }
}
