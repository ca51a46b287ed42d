package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryException

/**
 * As many as may wait for a suspending pool do so already. Nothing was taken.
 *
 * @property poolName the pool that refused
 * @property waiters how many may wait
 */
public class TooManyWaitersException internal constructor(
    message: String,
    public val poolName: String,
    public val waiters: Int,
) : MemoryException(message)

/**
 * A coroutine waited for bytes that its own scopes hold, or that scopes hold whose coroutines wait for this one, so
 * that the wait could not have ended. Nothing was taken; what the scopes hold goes back as this ends them.
 *
 * @property poolName the pool
 * @property requested how many bytes were requested
 * @property held how many bytes its scopes hold
 */
public class RentDeadlockException internal constructor(
    message: String,
    public val poolName: String,
    public val requested: Long,
    public val held: Long,
) : MemoryException(message)
