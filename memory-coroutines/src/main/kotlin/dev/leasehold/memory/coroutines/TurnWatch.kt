@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.bytesOfBlock
import kotlin.coroutines.CoroutineContext

/**
 * The watch over a coroutine that has its bytes, and waits for the memory in the line of the pool below. That pool counts whole
 * blocks, so it can be exhausted by what the coroutine and its scopes hold alone, though the bytes they asked for fit.
 *
 * Nobody can help when all that is out of the pool below is theirs. Told is who finds it so for the whole patience, in which nothing
 * came back. The wait is one of threads, in real time, and so is this: a virtual thread that looks once a patience.
 */
internal class TurnWatch private constructor(
    private val pool: SuspendingPool,
    private val size: Long,
    private val chain: ScopeChain?,
    private val inHand: List<SharedLease>,
    private val context: CoroutineContext,
) {
    /** How many bytes of the pool below are the coroutine's own; -1 when others have some, too. */
    private fun all(): Long {
        val own = inHand.sumOf { it.bytesOfBlock() } + (chain?.blocks() ?: 0)
        return if (own == pool.pool.stats().used) own else -1
    }

    /** The refusal when all was the coroutine's own for the whole of the last [patience][SuspendingPool.stallPatience]. */
    private fun verdict(): RentDeadlockException {
        while (true) {
            val before = all()
            val returns = chain?.returns()
            Thread.sleep(pool.stallPatience.inWholeMilliseconds.coerceAtLeast(1))
            if (before >= 0 && all() == before && chain?.returns() == returns) {
                val held = inHand.sumOf { it.size } + (chain?.held() ?: 0)
                return DeadlockRefusals.below(pool, size, before, held, context)
            }
        }
    }

    companion object {
        /**
         * Watches over the wait for [size] bytes of the coroutine of [context], which has [inHand], until it is interrupted; [tell]
         * hears of a deadlock. Null when the coroutine holds nothing that it could wait for.
         */
        fun over(
            pool: SuspendingPool,
            size: Long,
            inHand: List<SharedLease>,
            context: CoroutineContext,
            tell: (RentDeadlockException) -> Unit,
        ): Thread? {
            val chain = ScopeChain.of(pool, context)
            val holds = chain != null || inHand.isNotEmpty()
            if (!holds || pool.stallPatience.isInfinite()) return null
            val watch = TurnWatch(pool, size, chain, inHand, context)
            return Thread.ofVirtual().name("leasehold-watch").start {
                try {
                    tell(watch.verdict())
                } catch (_: InterruptedException) {
                    // The wait is over.
                    return@start
                }
            }
        }
    }
}
