@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.coroutines.internal.own.Renter
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeBytes
import dev.leasehold.memory.internal.spi.heldBy
import kotlin.coroutines.CoroutineContext

/** The messages for coroutines that would wait for themselves. */
internal object DeadlockMessages {
    private const val REMEDY = "rent several at once with rentAll, close leases sooner, or raise the capacity"

    fun certain(state: LineState, bytes: Long, chain: ScopeChain, context: CoroutineContext): String =
        "${requests(state, bytes, context)}, of which ${chain.describe()}: nothing of that can come back before it " +
            "goes on; $REMEDY"

    fun suspected(state: LineState, bytes: Long, chain: ScopeChain, context: CoroutineContext): String =
        "${requests(state, bytes, context)}, of which ${chain.describe()}: nothing of that came back within " +
            "${state.patience}, so it seems to wait for itself; $REMEDY"

    fun ring(state: LineState, bytes: Long, ring: Ring, held: Long, context: CoroutineContext): String =
        "${requests(state, bytes, context)}, of which the scopes of ${ring.members} coroutines that wait for one " +
            "another hold ${describeBytes(ring.held)}: the first of them requests ${describeBytes(ring.blocking)}, " +
            "and nothing came back within ${state.patience}. This one closed the ring, so it fails, and its scopes " +
            "hold ${describeBytes(held)}; $REMEDY"

    fun below(state: LineState, bytes: Long, blocks: Long, held: Long, context: CoroutineContext): String =
        "${requests(state, bytes, context)}, which are free, but the pool below has no memory for them under its " +
            "limit of ${describeBytes(state.pool.limit)}: all ${describeBytes(blocks)} of its blocks that are out " +
            "belong to what this coroutine and its scopes hold, ${describeBytes(held)} as requested, and nothing " +
            "came back within ${state.patience}; raise the limit above the capacity, or close leases sooner"

    /** The warning for a line that stands still. */
    fun stall(state: LineState): String {
        val line = state.line
        val first = line.first?.let { ", the first for ${describeBytes(it.bytes)}" }.orEmpty()
        return "STALL: pool '${state.pool.name}': no waiter of its suspending pool has been served for " +
            "${state.patience}; ${describeBytes(line.used)} of the capacity of ${describeBytes(line.capacity)} are " +
            "out, and ${waiting(line.waiters)}$first. A coroutine that waits inside of a withLease for more of the " +
            "same pool may wait for itself: rent several at once with rentAll, rent in a memoryScope, or set the " +
            "pool's traceSites, which both find it" + state.pool.heldBy()
    }

    private fun requests(state: LineState, bytes: Long, context: CoroutineContext): String =
        "pool '${state.pool.name}': ${Renter.describe(context)} requests ${describeBytes(bytes)} of a capacity of " +
            describeBytes(state.line.capacity)

    /** `1 waits`, `3 wait`. */
    fun waiting(count: Int): String = if (count == 1) "1 waits" else "$count wait"
}
