package dev.leasehold.memory.coroutines.fault

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.withLease
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** What a caller has in hand, and closes again when a close has thrown. */
internal class InHand {
    @JvmField
    @Volatile
    var lease: AutoCloseable? = null

    @JvmField
    @Volatile
    var future: CompletableFuture<SharedLease>? = null

    /** Closes it, and what becomes of the future. */
    fun close() {
        lease?.close()
        future?.thenAccept(SharedLease::close)
        lease = null
        future = null
    }
}

/** A suspending rent, and the end of its lease. */
internal typealias Rent = suspend (SuspendingPool, InHand) -> Unit

/** Suspending rents of every form, in code that fails as the library does: much of it is inlined here. */
internal object FaultyRents {
    suspend fun ofOne(pool: SuspendingPool, hand: InHand) {
        val lease = pool.rent(100)
        hand.lease = lease
        touch(lease)
        lease.close()
    }

    suspend fun ofAll(pool: SuspendingPool, hand: InHand) {
        val leases = pool.rentAll(100, 1_000, 5_000)
        hand.lease = leases
        leases.forEach(::touch)
        leases.close()
    }

    suspend fun inTime(pool: SuspendingPool, hand: InHand) {
        val lease = pool.rentOrNull(100, 1.minutes)
        hand.lease = lease
        lease?.close()
    }

    suspend fun forABlock(pool: SuspendingPool, @Suppress("UNUSED_PARAMETER") hand: InHand): Unit =
        pool.withLease(100) { touch(it) }

    suspend fun forAScope(pool: SuspendingPool, @Suppress("UNUSED_PARAMETER") hand: InHand): Unit = memoryScope(pool) {
        touch(rent(100))
        rentAll(100, 1_000).forEach(::touch)
        defer { pool.stats() }
    }

    fun byAThread(pool: SuspendingPool, hand: InHand) {
        val lease = pool.rentBlocking(100, 1.minutes)
        hand.lease = lease
        touch(lease)
        lease.close()
    }

    fun byAThreadTooLate(pool: SuspendingPool): AutoCloseable = pool.rentBlocking(100, 1.milliseconds)

    fun byAFuture(pool: SuspendingPool, hand: InHand) {
        val future = pool.rentAsync(100)
        hand.future = future
        val lease = future.join()
        lease.close()
    }

    private fun touch(lease: SharedLease) = lease.withSegment { it.setByte(0, 1) }
}
