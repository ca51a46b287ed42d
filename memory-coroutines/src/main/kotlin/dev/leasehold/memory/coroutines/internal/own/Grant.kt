@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseKeeper
import dev.leasehold.memory.internal.spi.RentSite
import dev.leasehold.memory.internal.spi.keeper
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.CoroutineContext

/**
 * The bytes of one lease, from the moment that the [line] granted them until the lease ends: then they go back, once,
 * whatever ends it. Any thread.
 *
 * It does not know its lease, unless a scope or a job has to: only garbage is reported as a leak.
 *
 * @property context the coroutine that rented, or null where it was a thread
 * @param inert whether leases that end before [start] keep the bytes with the grant
 */
internal class Grant(
    val line: ByteLine,
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

    /** What ends the lease besides its scope, if anything does. */
    private val binding = AtomicReference<Binding?>()

    /** Whether the block has ended that a flow or a channel handed the lease to: a late use says so. */
    @Volatile
    var endedByBlock = false

    /** Whether a job, or a block, may end the lease. */
    val isBound: Boolean get() = binding.get() != null

    override val renter: String get() = Renter.describe(context)

    override val site: RentSite? get() = context?.rentSite

    override fun describe(name: String?): String = if (endedByBlock) blockEnded() else ledger?.describe() ?: renter

    private fun blockEnded() =
        "$renter until the block of a flow or a channel that it was handed to ended: move it there to keep it, or " +
            "let leases wait with bufferLeases"

    /** From now on the end of the lease gives the bytes back. */
    fun start() {
        STATE.compareAndSet(this, INERT, HELD)
    }

    override fun leaseEnded() {
        if (state == INERT) return
        holder?.remove(this)
        binding.getAndSet(OVER)?.loosen()
        release()
    }

    /** Gives the bytes back, unless that was done. For a grant of which no lease came. */
    fun release() {
        if (STATE.compareAndSet(this, HELD, RETURNED)) line.giveBack(bytes)
    }

    /** Runs [action], which makes the lease; when it throws, the bytes go back. */
    inline fun <R> orRelease(action: () -> R): R = try {
        action()
    } catch (failure: Throwable) {
        release()
        throw failure
    }

    /** Puts [next] in the place of what ended the lease before; false when the lease has ended. */
    fun bind(next: Binding): Boolean {
        while (true) {
            val before = binding.get()
            if (before === OVER || before === ENDING) return false
            if (binding.compareAndSet(before, next)) {
                before?.loosen()
                return true
            }
        }
    }

    /** Whether it is [other] that ends the lease. */
    fun holds(other: Binding): Boolean = binding.get() === other

    /** Lets nothing end the lease any more, and returns what would have. */
    fun unbind(): Binding? {
        while (true) {
            val before = binding.get()
            if (before == null || before === OVER || before === ENDING) return null
            if (binding.compareAndSet(before, null)) return before.also { it.loosen() }
        }
    }

    /** Lets [before] end the lease, if it still may, at once: others find it [ending][isEnding] from now on. */
    fun end(before: Binding): Boolean = binding.compareAndSet(before, ENDING)

    /** Whether its scope or its binding has taken the lease to end it. It may not be closed yet. */
    val isEnding: Boolean get() = ending || binding.get() === ENDING

    companion object {
        /** Stands for a lease that has ended. */
        private val OVER: Binding = NoBinding()

        /** Stands for the binding that is ending the lease at this moment. */
        private val ENDING: Binding = NoBinding()

        private const val INERT = 0
        private const val HELD = 1
        private const val RETURNED = 2

        @JvmField
        val STATE: AtomicIntegerFieldUpdater<Grant> = AtomicIntegerFieldUpdater.newUpdater(Grant::class.java, "state")

        /** The grant of [lease], or null when it was not rented from a suspending pool, or by `withLease`. */
        fun of(lease: SharedLease): Grant? = lease.keeper() as? Grant
    }
}
