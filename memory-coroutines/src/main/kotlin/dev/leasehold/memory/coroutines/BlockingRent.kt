@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentSharedFor
import dev.leasehold.memory.internal.spi.rentTimeout
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration.Companion.nanoseconds

/** One rent of [size] bytes by the calling thread, which waits at most [nanos]: in the line, then in the pool below. */
internal class BlockingRent(private val pool: SuspendingPool, private val size: Long, private val nanos: Long) {
    private val start = System.nanoTime()
    private val context = RentingThread.current()

    fun rent(): SharedLease {
        require(nanos > 0) { "a timeout must be positive, and was $nanos ns; tryRent does not wait" }
        if (!pool.tryTake(size)) take()
        val grant = Grant(pool, size, context)
        try {
            return lease(grant)
        } catch (failure: Throwable) {
            grant.release()
            throw failure
        }
    }

    private fun take() {
        pool.requireRentable(size)
        pool.admit(size, context)
        val waiter = ThreadWaiter(size)
        pool.line.join(waiter)
        try {
            await(waiter)
        } catch (failure: Throwable) {
            // Whoever is not in the line any more has been granted the bytes meanwhile, or refused.
            if (!pool.line.abandon(waiter) && waiter.isGranted) pool.giveBack(size)
            throw failure
        } finally {
            waiter.forget()
        }
        if (!waiter.isGranted) throw pool.closed()
    }

    private fun await(waiter: ThreadWaiter) {
        while (waiter.isWaiting) {
            // One that cannot leave the line has just been told something.
            if (left() <= 0 && pool.line.abandon(waiter)) throw timeout()
            LockSupport.parkNanos(pool, left())
            if (Thread.interrupted()) throw InterruptedException("interrupted while waiting for memory")
        }
    }

    private fun lease(grant: Grant): SharedLease = try {
        pool.pool.rentSharedFor(grant, size)
    } catch (refusal: MemoryExhaustedException) {
        if (!PoolTurn.canHelp(pool.pool, refusal)) throw refusal
        if (left() <= 0) throw timeout()
        PoolTurn.blocking(pool, size, grant, left().coerceAtLeast(1).nanoseconds)
    }

    private fun left() = nanos - (System.nanoTime() - start)

    private fun timeout(): RentTimeoutException =
        rentTimeout(SuspendingRefusals.timeout(pool, size, nanos.nanoseconds, context), pool.name, size)
}

/** A thread in the line. */
internal class ThreadWaiter(bytes: Long) : LineWaiter(bytes) {
    // Forgotten at the end: the line keeps the last waiter that it served.
    @Volatile
    private var thread: Thread? = Thread.currentThread()

    override fun told(): Unit = LockSupport.unpark(thread)

    fun forget() {
        thread = null
    }
}
