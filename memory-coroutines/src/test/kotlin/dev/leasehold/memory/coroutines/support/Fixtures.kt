package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.SuspendingPoolOptions
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.testing.await
import kotlinx.coroutines.yield
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext

/** Runs [block] with a suspending pool over [memory], and expects all to be back at the end, soon. */
internal suspend fun <R> over(
    memory: MemoryPool,
    capacity: Long,
    configure: SuspendingPoolOptions.() -> Unit = {},
    block: suspend (SuspendingPool) -> R,
): R = memory.use {
    val pool = SuspendingPool(memory, capacity, configure)
    val result = pool.use { block(it) }
    await("all is back: ${pool.stats()}, ${memory.stats()}") { pool.stats().used == 0L && memory.stats().used == 0L }
    check(pool.stats().waiters == 0) { "requests wait: ${pool.stats()}" }
    result
}

internal suspend fun <R> over(name: String, capacity: Long, block: suspend (SuspendingPool) -> R): R =
    over(MemoryPool.isolated(name), capacity, block = block)

/** Lets others run until [holds]. */
internal suspend fun until(what: String, holds: () -> Boolean) = await(
    what,
    pause = {
        yield()
        Thread.sleep(0, 100_000)
    },
    holds,
)

/** An interceptor that is no dispatcher: it resumes on the spot, on the resuming thread. */
internal class OnTheSpot : ContinuationInterceptor {
    override val key: CoroutineContext.Key<*> get() = ContinuationInterceptor

    override fun <T> interceptContinuation(continuation: Continuation<T>): Continuation<T> =
        object : Continuation<T> by continuation {}
}
