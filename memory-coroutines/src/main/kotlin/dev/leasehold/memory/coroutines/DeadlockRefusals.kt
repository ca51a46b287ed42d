package dev.leasehold.memory.coroutines

import kotlin.coroutines.CoroutineContext

/** What a coroutine is told that would wait for itself. */
internal object DeadlockRefusals {
    private const val REMEDY = "rent several at once with rentAll, close leases sooner, or raise the capacity"

    fun certain(
        pool: SuspendingPool,
        bytes: Long,
        chain: ScopeChain,
        held: Long,
        context: CoroutineContext,
    ): RentDeadlockException = RentDeadlockException(
        "${asks(pool, bytes, context)}, of which ${chain.describe()}: nothing of that can come back before it goes on; " +
            REMEDY,
        pool.name,
        bytes,
        held,
    )

    fun suspected(
        pool: SuspendingPool,
        bytes: Long,
        chain: ScopeChain,
        held: Long,
        context: CoroutineContext,
    ): RentDeadlockException = RentDeadlockException(
        "${asks(pool, bytes, context)}, of which ${chain.describe()}: nothing of that came back within " +
            "${pool.stallPatience}, so it seems to wait for itself; $REMEDY",
        pool.name,
        bytes,
        held,
    )

    fun ring(
        pool: SuspendingPool,
        bytes: Long,
        ring: Ring,
        held: Long,
        context: CoroutineContext,
    ): RentDeadlockException = RentDeadlockException(
        "${asks(pool, bytes, context)}, of which the scopes of ${ring.members} coroutines that wait for one another " +
            "hold ${ring.held}: the first of them asks for ${ring.blocking}, and nothing came back within " +
            "${pool.stallPatience}. This one closed the ring, so it is told, and its scopes hold $held; $REMEDY",
        pool.name,
        bytes,
        held,
    )

    private fun asks(pool: SuspendingPool, bytes: Long, context: CoroutineContext): String =
        "pool '${pool.name}': ${Renter.describe(context)} asks for $bytes bytes of a capacity of ${pool.capacity}"
}
