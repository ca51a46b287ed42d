@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.bytesOfBlock
import kotlin.coroutines.CoroutineContext

/**
 * A coroutine that has its bytes, and waits for the memory in the line of the pool below. That pool counts whole
 * blocks, so what the coroutine and its scopes hold can be all that it has, although the bytes that they requested fit.
 *
 * @property inHand what it has of the same request
 * @property giveUp ends the wait with a failure
 */
internal class PoolWaiter(
    val bytes: Long,
    private val chain: ScopeChain?,
    private val inHand: List<SharedLease>,
    val context: CoroutineContext,
    val giveUp: (Throwable) -> Unit,
) {
    /** For how long all that is out of the pool below has been its own. Belongs to the watch. */
    val own: Stillness<Any> = Stillness()

    /** How many bytes it and its scopes hold, as they requested them. */
    fun held(): Long = inHand.sumOf { it.size } + (chain?.held() ?: 0)

    /** How many bytes of blocks they hold. */
    fun blocks(): Long = inHand.sumOf { it.bytesOfBlock() } + (chain?.blocks() ?: 0)

    /** How many leases its scopes have given back. */
    fun returns(): Long = chain?.returns() ?: 0
}
