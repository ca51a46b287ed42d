package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryClosedException

/**
 * A handle was used whose object does not live: it has been freed, or the handle is another pool's. Nothing was read or
 * changed.
 *
 * @property handle the [bits][Handle.bits] of the handle
 * @property poolName the pool that was asked
 */
public class StaleHandleException internal constructor(
    message: String,
    public val handle: Long,
    public val poolName: String,
) : MemoryClosedException(message)
