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
        "${asks(
            pool,
            bytes,
            context,
        )}, of which ${chain.describe()}: nothing of that can come back before it goes on; " +
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

    fun below(
        pool: SuspendingPool,
        bytes: Long,
        blocks: Long,
        held: Long,
        context: CoroutineContext,
    ): RentDeadlockException = RentDeadlockException(
        "${asks(pool, bytes, context)}, which are free, but the pool below has no memory for them under its limit " +
            "of ${pool.pool.limit} bytes: all $blocks bytes of its blocks that are out belong to what this coroutine " +
            "and its scopes hold, $held bytes as asked for, and nothing came back within ${pool.stallPatience}; " +
            "raise the limit above the capacity, or close leases sooner",
        pool.name,
        bytes,
        held,
    )

    /** What the log says when nobody is failed, because the line may stand still rightly. */
    fun stall(pool: SuspendingPool): String {
        val figures = pool.stats()
        val first = pool.line.first?.let { ", the first for ${it.bytes} bytes" }.orEmpty()
        val line = "in the line of its suspending pool"
        return "STALL: pool '${pool.name}': for ${pool.stallPatience} nobody has got what it waits for $line; " +
            "${figures.used} bytes of the capacity of ${figures.capacity} bytes are out, and " +
            "${SuspendingRefusals.waiting(figures.waiters)}$first. A coroutine that waits inside of a withLease for " +
            "more of the same pool may wait for itself: rent several at once with rentAll, rent in a memoryScope, or " +
            "set the pool's traceSites, which both tell it so"
    }

    private fun asks(pool: SuspendingPool, bytes: Long, context: CoroutineContext): String =
        "pool '${pool.name}': ${Renter.describe(context)} asks for $bytes bytes of a capacity of ${pool.capacity}"
}
