@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.coroutines.internal.own.Renter
import dev.leasehold.memory.coroutines.internal.watch.DeadlockMessages.waiting
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeBytes
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/** The messages of refusals: the renter, how much was requested, what the bound is, and what to do. */
internal object LineMessages {
    fun aboveCapacity(pool: String, size: Long, capacity: Long, limit: Long): String {
        val limited = if (size > limit) ", and the limit of the pool, ${describeBytes(limit)}," else ""
        return "pool '$pool': ${describeBytes(size)} requested, and the capacity of its suspending pool is " +
            "${describeBytes(capacity)}, so no wait could help: raise the capacity$limited or request less"
    }

    fun groupAboveCapacity(pool: String, sizes: LongArray, sum: Long, capacity: Long): String =
        "pool '$pool': ${describeBytes(sum)} requested at once (${sizes.joinToString(" + ", limit = 8)}), and the " +
            "capacity of its suspending pool is ${describeBytes(capacity)}, so no wait could help: raise the " +
            "capacity or request less"

    fun closed(pool: String): String = "the suspending pool over '$pool' is closed: rent from one that is open"

    fun closedBelow(pool: String): String = "pool '$pool' is closed: rent from a pool that is open"

    fun tooMany(pool: String, size: Long, most: Int, context: CoroutineContext?): String =
        "pool '$pool': ${Renter.describe(context)} requested ${describeBytes(size)} while ${waiting(most)} already, " +
            "the most that may: raise maxWaiters, or admit fewer at a time"

    fun timeout(lender: Lender, size: Long, timeout: Duration, context: CoroutineContext?): String {
        val line = lender.line
        return "pool '${lender.pool.name}': ${describeBytes(size)} did not come free within $timeout for " +
            "${Renter.describe(context)}; ${describeBytes(line.used)} of the capacity of " +
            "${describeBytes(line.capacity)} are out and ${waiting(line.waiters)}: close leases sooner, raise the " +
            "capacity, or wait longer"
    }

    fun timeoutBelow(lender: Lender, size: Long, timeout: Duration, context: CoroutineContext?): String {
        val pool = lender.pool
        return "pool '${pool.name}': its suspending pool granted ${describeBytes(size)}, and it had no memory for " +
            "them within $timeout for ${Renter.describe(context)}; ${describeBytes(pool.stats().used)} are in use " +
            "there: close leases sooner, raise its limit, or wait longer"
    }

    fun capacity(pool: String, capacity: Long): String =
        "pool '$pool': the capacity of a suspending pool must be positive, and was ${describeBytes(capacity)}"

    fun capacityAboveLimit(pool: String, capacity: Long, limit: Long): String =
        "pool '$pool': a capacity of ${describeBytes(capacity)} is above the limit of the pool, " +
            "${describeBytes(limit)}: raise the limit or lower the capacity"

    fun maxWaiters(pool: String, count: Int): String = "pool '$pool': maxWaiters must be positive, and was $count"

    fun patience(pool: String, patience: Duration): String =
        "pool '$pool': stallPatience must be positive, and was $patience; Duration.INFINITE turns the watch off"
}
