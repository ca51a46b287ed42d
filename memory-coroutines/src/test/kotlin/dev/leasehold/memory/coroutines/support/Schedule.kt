package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingMemoryScope
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds

/** How a schedule borrows for a block. The twins of [borrowing] are what the harness has to find. */
internal typealias Borrowing = suspend (SuspendingPool, Long, suspend (SharedLease) -> Unit) -> Unit

internal val borrowing: Borrowing = { pool, size, block -> pool.withLease(size) { block(it) } }

/** What a schedule throws when it is its turn to fail. */
internal class PlannedFailure : RuntimeException("planned")

/** What the schedules of a run share. */
internal class Stage(
    val pool: SuspendingPool,
    val most: Long,
    val budget: MemoryBudget,
    val borrow: Borrowing,
    val other: Job,
) {
    /** What scopes have promised to do at their end, and have not done. */
    val deferred = AtomicInteger()
}

/**
 * A random program: rents in every form, one inside the other, in scopes, children and jobs, with failures,
 * cancellations and timeouts at every step. What it rents it closes, or gives to an owner that does; and while it has a
 * lease, no other writes there.
 */
internal class Schedule(private val random: Random, private val stage: Stage) {
    private val pool = stage.pool

    suspend fun run(): Unit = repeat(1 + random.nextInt(2)) { step(0) }

    private suspend fun step(depth: Int) {
        // A wait with something in hand may last for ever, as others may too: so only for a while.
        if (depth > 0 && random.nextInt(3) > 0) return pause()
        if (depth > 0) {
            withTimeoutOrNull(moment()) { rentSomehow(depth) }
        } else {
            rentSomehow(depth)
        }
    }

    private suspend fun rentSomehow(depth: Int) {
        when (random.nextInt(12)) {
            0, 1, 2 -> stage.borrow(pool, size()) { use(it, depth) }
            3 -> pool.rentOrNull(size(), moment())?.use { use(it, depth) }
            4 -> pool.rent(size(), moment()).use { use(it, depth) }
            5 -> pool.tryRent(size())?.use { use(it, depth) }
            6 -> pool.rentAll(size() / 2, size() / 2).use { all -> all.forEach { use(it, depth) } }
            7, 8 -> inScope(depth)
            9 -> boundToJob(depth)
            10 -> withChildren(depth)
            else -> transferred(depth)
        }
    }

    private suspend fun inScope(depth: Int) {
        memoryScope(pool) {
            val first = rent(size())
            if (random.nextBoolean()) defer()
            launch { use(rent(size() / 2, moment()), depth + 1) }
            when (random.nextInt(6)) {
                0 -> launch { pool.rentOrNull(size() / 2, moment())?.let { use(it, depth + 1) } }
                1 -> memoryScope(pool) { moveOut(first, this) }
                2 -> first.move().use { use(it, depth + 1) }
                3 -> launch { first.close() }
                4 -> race(first)
                else -> use(first, depth + 1)
            }
        }
    }

    private fun SuspendingMemoryScope.defer() {
        stage.deferred.incrementAndGet()
        defer { stage.deferred.decrementAndGet() }
    }

    private suspend fun moveOut(lease: SharedLease, to: SuspendingMemoryScope) {
        lease.move(to)
        pause()
    }

    /** Several take, close and transfer one lease at once; what comes too late has nothing to give back. */
    private suspend fun race(lease: SharedLease) = coroutineScope {
        val job = Job(stage.other)
        try {
            memoryScope(pool) {
                launch { orTooLate { lease.move(this@memoryScope) } }
                launch { orTooLate { lease.move(job) } }
                if (random.nextBoolean()) launch { orTooLate { lease.transferTo(stage.budget).close() } }
                if (random.nextBoolean()) launch { lease.close() }
                launch { job.complete() }
            }
        } finally {
            // No move may have succeeded.
            job.complete()
            lease.close()
        }
    }

    private inline fun orTooLate(action: () -> Unit) {
        try {
            action()
        } catch (_: LeaseClosedException) {
            // Another was faster.
        } catch (tooLate: IllegalStateException) {
            if (tooLate is CancellationException || "has completed" !in tooLate.message.orEmpty()) throw tooLate
        }
    }

    private suspend fun boundToJob(depth: Int) = coroutineScope {
        val lease = pool.leaseIn(coroutineContext.job, size())
        when (random.nextInt(3)) {
            0 -> launch { use(lease, depth + 1) }
            1 -> lease.move(stage.other).close()
            else -> pause()
        }
    }

    private suspend fun withChildren(depth: Int) = coroutineScope {
        val children = List(1 + random.nextInt(2)) { launch { step(depth + 1) } }
        pause()
        if (random.nextInt(3) == 0) children.first().cancel()
    }

    private suspend fun transferred(depth: Int) {
        val lease = pool.rent(size(), moment())
        lease.use { use(it, depth) }
        val again = pool.tryRent(size()) ?: return
        again.use { if (random.nextBoolean()) it.transferTo(stage.budget).use { successor -> use(successor, depth) } }
    }

    private suspend fun use(lease: SharedLease, depth: Int) {
        val id = random.nextLong()
        val long = lease.size >= Long.SIZE_BYTES
        if (long) write(lease, id)
        step(depth + 1)
        if (long) read(lease)?.let { check(it == id) { "two leases have the same bytes: $lease" } }
    }

    private fun write(lease: SharedLease, id: Long) = orTooLate { lease.withSegment { it.setLong(0, id) } }

    private fun read(lease: SharedLease): Long? {
        var value: Long? = null
        orTooLate { value = lease.withSegment { it.getLong(0) } }
        return value
    }

    private suspend fun pause() {
        when (random.nextInt(16)) {
            0 -> delay(1.milliseconds)
            1 -> withContext(Dispatchers.IO) { yield() }
            2 -> withContext(NonCancellable) { delay(1.milliseconds) }
            3 -> throw PlannedFailure()
            4 -> currentCoroutineContext().job.cancel()
            5, 6, 7, 8, 9 -> yield()
        }
    }

    private fun size(): Long = if (random.nextInt(20) == 0) stage.most else random.nextLong(stage.most / 2 + 1)

    private fun moment(): Duration = random.nextInt(1, 3000).microseconds
}
