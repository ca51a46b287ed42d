package dev.leasehold.memory.coroutines

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/** The messages of a suspending pool that refuses: who, how much was asked, what the bound is, and what to do. */
internal object SuspendingRefusals {
    fun aboveCapacity(pool: String, size: Long, capacity: Long, limit: Long): String {
        val limited = if (size > limit) ", and the limit of the pool, $limit bytes," else ""
        return "pool '$pool': $size bytes asked, and the capacity of its suspending pool is $capacity bytes, so no " +
            "wait could help: raise the capacity$limited or ask for less"
    }

    fun groupAboveCapacity(pool: String, sizes: LongArray, capacity: Long): String =
        "pool '$pool': ${sizes.joinToString(" + ")} bytes asked at once, and the capacity of its suspending pool is " +
            "$capacity bytes, so no wait could help: raise the capacity or ask for less"

    fun closed(pool: String): String = "the suspending pool over '$pool' is closed: rent from one that is open"

    fun closedBelow(pool: String): String = "pool '$pool' is closed: rent from a pool that is open"

    fun tooMany(pool: String, size: Long, most: Int, context: CoroutineContext?): String =
        "pool '$pool': ${Renter.describe(
            context,
        )} asked for $size bytes while ${waiting(most)} already, the most that may: " +
            "raise maxWaiters, or admit fewer at a time"

    /** The last owner of a lease that a flow or a channel has closed behind its collector's back. */
    fun blockEnded(renter: String): String =
        "$renter until the block of a flow or a channel that it was handed to ended: move it there to keep it, or " +
            "let leases wait with bufferLeases"

    fun timeout(pool: SuspendingPool, size: Long, timeout: Duration, context: CoroutineContext?): String {
        val stats = pool.stats()
        return "pool '${pool.name}': $size bytes did not come free within $timeout for ${Renter.describe(context)}; " +
            "${stats.used} bytes of the capacity of ${stats.capacity} bytes are out and ${waiting(stats.waiters)}: " +
            "close leases sooner, raise the capacity, or wait longer"
    }

    fun capacity(pool: String, capacity: Long): String =
        "pool '$pool': the capacity of a suspending pool must be positive, and was $capacity bytes"

    fun capacityAboveLimit(pool: String, capacity: Long, limit: Long): String =
        "pool '$pool': a capacity of $capacity bytes is above the limit of the pool, $limit bytes: " +
            "raise the limit or lower the capacity"

    fun maxWaiters(pool: String, count: Int): String = "pool '$pool': maxWaiters must be positive, and was $count"

    fun patience(pool: String, patience: Duration): String =
        "pool '$pool': stallPatience must be positive, and was $patience; Duration.INFINITE turns the watch off"

    fun waiting(count: Int) = if (count == 1) "1 waits" else "$count wait"
}
