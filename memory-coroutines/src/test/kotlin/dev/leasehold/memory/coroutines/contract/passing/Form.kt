package dev.leasehold.memory.coroutines.contract.passing

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.PlannedFailure
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch

/**
 * One way of passing leases from where they are rented to where they are used.
 *
 * @property name as the guide's table has it
 * @property owned whether something closes a lease whatever happens on the way
 */
internal class Form(val name: String, val owned: Boolean, val run: suspend Passing.() -> Unit)

/** What a form passes leases with. */
internal class Passing(
    val pool: SuspendingPool,
    scope: CoroutineScope,
    private val use: suspend (SharedLease) -> Unit,
) :
    CoroutineScope by scope {
    /** All that was rented, so that what a form loses can be closed after it was counted. */
    val rented = ArrayList<SharedLease>()

    /** How many leases were seen closed where they were to be used. */
    var late = 0
        private set

    /** A lease of 10 bytes that nobody owns yet. */
    suspend fun rented(): SharedLease = note(pool.rent(10))

    fun note(lease: SharedLease): SharedLease = lease.also { rented += it }

    /** Uses [lease], which stays whose it is. */
    suspend fun used(lease: SharedLease) {
        if (lease.isClosed) late++ else use(lease)
    }
}

/** What may happen to a form while it runs. */
internal class Disturbance(
    val name: String,
    val cancelAt: Long? = null,
    val use: suspend (SharedLease) -> Unit = { delay(1) },
)

/** Nothing, the failures and cancellations of users, and the cancellation of all at each moment of virtual time. */
internal val DISTURBANCES: List<Disturbance> = listOf(
    Disturbance("nothing"),
    Disturbance("a use that fails") { throw PlannedFailure() },
    Disturbance("a use that fails behind a suspension") {
        delay(1)
        throw PlannedFailure()
    },
    Disturbance("a use whose coroutine is cancelled") {
        currentCoroutineContext().job.cancel()
        delay(1)
    },
    Disturbance("a use that hangs until it is cancelled", cancelAt = 3) { awaitCancellation() },
) + (0L..6L).map { Disturbance("a cancellation of all at $it ms", cancelAt = it) }

/** Runs [form] over [pool], disturbed by [disturbance], and returns what it passed with. */
internal suspend fun disturbed(form: Form, pool: SuspendingPool, disturbance: Disturbance): Passing = coroutineScope {
    lateinit var passing: Passing
    // A job of its own: what the form fails with, or cancels, is not this test's.
    val job = CoroutineScope(coroutineContext + Job()).launch(start = CoroutineStart.UNDISPATCHED) {
        try {
            coroutineScope {
                passing = Passing(pool, this, disturbance.use)
                form.run(passing)
            }
        } catch (planned: PlannedFailure) {
            check(disturbance.name.startsWith("a use that fails")) { "$planned in ${disturbance.name}" }
        }
    }
    delay(disturbance.cancelAt ?: 1000)
    if (disturbance.cancelAt != null) job.cancel()
    job.join()
    passing
}
