package dev.leasehold.memory

/**
 * A size that no request may have: negative, overflowing, or above what one block of the pool can hold.
 *
 * Nothing was taken from the pool when this is thrown.
 *
 * @property size the size asked for, in bytes
 */
public class InvalidSizeException internal constructor(message: String, public val size: Long) :
    IllegalArgumentException(message)

/**
 * An alignment that is not a power of two between 1 and the page size.
 *
 * Nothing was taken from the pool when this is thrown.
 *
 * @property alignment the alignment asked for, in bytes
 */
public class InvalidAlignmentException internal constructor(message: String, public val alignment: Long) :
    IllegalArgumentException(message)

/** A pool was configured with figures that contradict each other; the message names both. No pool was made. */
public class PoolConfigurationException internal constructor(message: String) : IllegalArgumentException(message)

/**
 * An access outside a segment's bounds. Nothing was read or written.
 *
 * @property offset where the access began, in bytes from the segment's start
 * @property length how many bytes it wanted
 * @property size how many bytes the segment has
 */
public class SegmentBoundsException internal constructor(
    message: String,
    public val offset: Long,
    public val length: Long,
    public val size: Long,
) : IndexOutOfBoundsException(message)

/**
 * A lease, or a view of its memory, was used after the lease had been closed.
 *
 * @property poolName the pool that the memory was rented from, or null when only a view was left to tell
 */
public class LeaseClosedException internal constructor(
    message: String,
    public val poolName: String?,
    cause: Throwable? = null,
) : IllegalStateException(message, cause)

/** A thread-owned [Lease], or a view of its memory, was used or closed on a thread that did not rent it. */
public class LeaseThreadException internal constructor(message: String, cause: Throwable? = null) :
    IllegalStateException(message, cause)

/**
 * A lease of one pool was handed to code that accepts only leases of another.
 *
 * @property poolName the pool that the lease belongs to
 */
public class ForeignLeaseException internal constructor(message: String, public val poolName: String) :
    IllegalStateException(message)

/**
 * A pool refused because it has been closed.
 *
 * @property poolName the closed pool
 */
public class PoolClosedException internal constructor(message: String, public val poolName: String) :
    IllegalStateException(message)

/**
 * A pool was closed while leases were outstanding. The pool *is* closed; the leases stay valid and free their memory
 * as they close.
 *
 * @property poolName the closed pool
 * @property leases how many leases were outstanding
 * @property bytes how many bytes their blocks hold
 */
public class OutstandingLeasesException internal constructor(
    message: String,
    public val poolName: String,
    public val leases: Long,
    public val bytes: Long,
) : IllegalStateException(message)

/**
 * A pool's limit, or the operating system, stopped a request. Nothing was taken.
 *
 * @property poolName the pool that refused
 * @property requested how many bytes were asked for
 */
public open class MemoryExhaustedException internal constructor(
    message: String,
    public val poolName: String,
    public val requested: Long,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/**
 * A budget above a pool stopped a request. Nothing was taken. All that lay idle below that budget had been given back
 * by then.
 *
 * @property path the names from the root to the budget that refused
 * @property limit its limit, in bytes
 * @property used how many bytes counted in it when it refused
 */
public class BudgetExceededException internal constructor(
    message: String,
    poolName: String,
    requested: Long,
    public val path: String,
    public val limit: Long,
    public val used: Long,
) : MemoryExhaustedException(message, poolName, requested)

/** A budget was configured with a name or a figure that it cannot have; the message names it. Nothing was changed. */
public class BudgetConfigurationException internal constructor(message: String) : IllegalArgumentException(message)

/**
 * Something was to draw on a budget that is closed. Nothing was changed.
 *
 * @property path the names from the root to the closed budget
 */
public class BudgetClosedException internal constructor(message: String, public val path: String) :
    IllegalStateException(message)

/**
 * A budget was to be closed while something draws on it. It is still open.
 *
 * @property path the names from the root to the budget
 * @property used how many bytes count in it
 */
public class BudgetInUseException internal constructor(
    message: String,
    public val path: String,
    public val used: Long,
) : IllegalStateException(message)

/** No memory was given back in time for a request that was ready to wait. Nothing was taken. */
public class RentTimeoutException internal constructor(message: String, poolName: String, requested: Long) :
    MemoryExhaustedException(message, poolName, requested)
