package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import java.lang.management.BufferPoolMXBean

/**
 * What a pool and a manager have in common, seen through JMX. What it has as a `BufferPoolMXBean` is for dashboards that
 * know the JVM's own buffer pools: `Count` is what is open, `MemoryUsed` what that takes, `TotalCapacity` what is held.
 *
 * **Ownership.** [MemoryBeans] has registered it, and takes it off; it keeps no pool and no manager.
 * **Threads.** Any.
 * **Cost.** Each attribute read costs the `stats()` of its owner.
 * **Errors.** Once the owner is garbage, all that reads it throws an [IllegalStateException], which JMX wraps.
 */
public interface MemoryOwnerMXBean : BufferPoolMXBean {
    /** The path of the budget that it draws on. */
    public val budget: String

    /** Whether it was closed. */
    public val isClosed: Boolean

    /** Bytes held from the system. */
    public val reserved: Long

    /** Bytes in use. */
    public val used: Long

    /** Bytes held and not in use. */
    public val idle: Long

    /** Bytes of closed memory whose kept views may still be used. */
    public val quarantined: Long

    /** The most bytes that were ever held at once. */
    public val peak: Long

    /**
     * The most bytes that may be held; can be set, as [MemoryPool.limit] and [MemoryManager.limit].
     *
     * @throws MemoryConfigurationException when it is set below one page, or on a pool of chunks; JMX has it as the
     *   cause of a `RuntimeMBeanException`
     */
    public var limit: Long

    /** Requests served. */
    public val requests: Long

    /** Requests that a thread's own cache served. */
    public val hits: Long

    /** Gives idle memory back to the system, and returns how many bytes went. */
    @IgnorableReturnValue
    public fun trim(): Long
}

/** A pool, seen through JMX. */
public interface LeasePoolMXBean : MemoryOwnerMXBean {
    /** Requests that wait for memory. */
    public val waiters: Int

    /** Requests that have waited, and were served. */
    public val servedWaits: Long

    /** Requests that have waited, and whose time passed. */
    public val timedOutWaits: Long

    /** Requests that have waited, and were cancelled or interrupted. */
    public val cancelledWaits: Long

    /** How long the longest wait was, in nanoseconds. */
    public val longestWaitNanos: Long
}

/** A manager, seen through JMX. */
public interface BlockManagerMXBean : MemoryOwnerMXBean {
    /** The path of the file that it maps; null where its memory is the process's own. */
    public val file: String?
}

/** A budget, seen through JMX. */
public interface MemoryBudgetMXBean {
    /** The names from the root to this one. */
    public val path: String

    /** Bytes that count here. */
    public val used: Long

    /** The most bytes that ever did at once. */
    public val peak: Long

    /** Bytes that can still be had. */
    public val available: Long

    /**
     * The most bytes that it may have; can be set, as [MemoryBudget.limit].
     *
     * @throws MemoryConfigurationException when it is set to a negative number; JMX has it as the cause of a
     *   `RuntimeMBeanException`
     */
    public var limit: Long

    /** All below it, as a table. */
    public fun tree(): String
}
