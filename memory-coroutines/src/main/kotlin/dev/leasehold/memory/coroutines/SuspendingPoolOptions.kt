package dev.leasehold.memory.coroutines

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * What can be set when a suspending pool is made; the receiver of the block of [SuspendingPool].
 *
 * Read once, when the block returns; later changes have no effect. For one thread.
 */
public class SuspendingPoolOptions internal constructor() {
    /** How many may wait at a time, before [TooManyWaitersException] refuses one more. 65,536 by default. */
    public var maxWaiters: Int = DEFAULT_MAX_WAITERS

    /**
     * How long a coroutine waits for bytes that its own scopes hold, and none of them gives anything back meanwhile,
     * before it fails with a [RentDeadlockException]; likewise several that wait for one another. 10 seconds by
     * default; set it above the longest time for which the coroutines of one scope rightly give nothing back. When no
     * request in the line has been served for as long, a `STALL:` warning in the log says so. [Duration.INFINITE] turns
     * off both.
     *
     * The time is real, also under `runTest`, and a look takes place four times in it: what hangs is found after one
     * to one and a quarter of it.
     */
    public var stallPatience: Duration = 10.seconds

    internal companion object {
        const val DEFAULT_MAX_WAITERS = 65_536
    }
}
