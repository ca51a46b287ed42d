@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.RentingThread
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.heldBy
import dev.leasehold.memory.internal.spi.rentTimeout
import dev.leasehold.memory.internal.spi.requireStack
import java.util.concurrent.locks.LockSupport
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** One rent of [size] bytes by the calling thread, which waits at most [nanos]: in the line, then in the pool below. */
internal class BlockingRent(private val lender: Lender, private val size: Long, private val nanos: Long) {
    private val start = System.nanoTime()
    private val context = lender.sited(RentingThread.current())
    private val line = lender.line

    fun rent(): SharedLease {
        if (nanos <= 0) throw Leasing.notPositive(nanos.nanoseconds)
        val grant = Grant(line, size, context)
        requireStack(Leasing.CALLS)
        if (!line.tryTake(size)) take()
        return grant.orRelease { lease(grant) }
    }

    private fun take() {
        lender.requireRentable(size)
        lender.requirePlace(size, context)
        val waiter = ThreadWaiter(size)
        line.begin(waiter)
        if (!line.join(waiter)) throw lender.tooMany(size, context)
        try {
            park(isOver = { !waiter.isWaiting }, leave = { line.abandon(waiter, it) }, LineMessages::timeout)
        } catch (failure: Throwable) {
            // What is not in the line any more has been granted meanwhile, or refused.
            if (!line.abandon(waiter, WaitOutcome.CANCELLED) && waiter.isGranted) line.giveBack(size)
            throw failure
        } finally {
            waiter.forget()
        }
        if (!waiter.isGranted) throw lender.closed()
    }

    private fun lease(grant: Grant): SharedLease {
        lender.tryRentBelow(size, grant)?.let { return it }
        val wait = ThreadPoolWait(lender, size, grant)
        lender.begin(wait)
        try {
            park(isOver = { wait.isOver }, leave = wait::tryLeave, LineMessages::timeoutBelow)
        } catch (failure: Throwable) {
            if (!wait.tryLeave(WaitOutcome.CANCELLED)) wait.awaitEnd()?.close()
            throw failure
        }
        return wait.lease()
    }

    /** Parks until [isOver], an interrupt, or the end of the time if [leave] says that nothing came before. */
    private inline fun park(
        isOver: () -> Boolean,
        leave: (WaitOutcome) -> Boolean,
        late: (Lender, Long, Duration, CoroutineContext?) -> String,
    ) {
        while (!isOver()) {
            val left = nanos - (System.nanoTime() - start)
            if (left > 0) {
                LockSupport.parkNanos(lender, left)
            } else {
                if (leave(WaitOutcome.TIMED_OUT)) throw timedOut(late(lender, size, nanos.nanoseconds, context))
                // One that cannot leave has just been served or refused, and is about to be unparked.
                LockSupport.park(lender)
            }
            if (Thread.interrupted()) throw InterruptedException("interrupted while waiting for memory")
        }
    }

    private fun timedOut(message: String) = rentTimeout(message + lender.pool.heldBy(), lender.pool.name, size)
}

/** A thread in the line. */
internal class ThreadWaiter(bytes: Long) : LineWaiter(bytes) {
    // Forgotten at the end: the line keeps the last waiter that it served.
    @Volatile
    private var thread: Thread? = Thread.currentThread()

    override fun notified(): Unit = LockSupport.unpark(thread)

    fun forget() {
        thread = null
    }
}

/** A thread in the line of the pool below. */
private class ThreadPoolWait(lender: Lender, size: Long, owner: LeaseOwner) : PoolWait(lender, size, owner) {
    private val thread = Thread.currentThread()
    private var hasLeft = false

    @Volatile
    private var end: Result<SharedLease>? = null

    val isOver: Boolean get() = end != null

    /** [leave], which succeeds also when it has left before. For its own thread. */
    fun tryLeave(outcome: WaitOutcome): Boolean {
        hasLeft = hasLeft || leave(outcome)
        return hasLeft
    }

    override fun served(lease: SharedLease): Unit = over(Result.success(lease))

    override fun failed(failure: Throwable): Unit = over(Result.failure(failure))

    private fun over(result: Result<SharedLease>) {
        end = result
        LockSupport.unpark(thread)
    }

    fun lease(): SharedLease = checkNotNull(end).getOrThrow()

    /** The lease that is on its way, if one is, to a thread that could not leave. */
    fun awaitEnd(): SharedLease? {
        var interrupted = false
        while (!isOver) {
            LockSupport.park(this)
            interrupted = Thread.interrupted() || interrupted
        }
        if (interrupted) thread.interrupt()
        return checkNotNull(end).getOrNull()
    }
}
