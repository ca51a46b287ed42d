@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.describe

// The errors of renting, for the other modules: one kind of misuse is one type of exception, and one wording, wherever
// it is noticed.

/** The exception for a [size] that no request may have. */
@InternalMemoryApi
public fun invalidSize(message: String, size: Long): InvalidSizeException = InvalidSizeException(message, size)

/** The exception for a time to wait that is not positive. */
@InternalMemoryApi
public fun invalidTimeout(message: String): InvalidTimeoutException = InvalidTimeoutException(message)

/** The exception for figures that contradict each other. */
@InternalMemoryApi
public fun invalidConfiguration(message: String): MemoryConfigurationException = MemoryConfigurationException(message)

/** The exception for a closed pool called [poolName]. */
@InternalMemoryApi
public fun poolClosed(message: String, poolName: String): PoolClosedException = PoolClosedException(message, poolName)

/** The exception for [requested] bytes that did not come in time. */
@InternalMemoryApi
public fun rentTimeout(message: String, poolName: String, requested: Long): RentTimeoutException =
    RentTimeoutException(message, poolName, requested)

/** The [thread] as messages name it. */
@InternalMemoryApi
public fun describeThread(thread: Thread): String = describe(thread)

/** A number of bytes as messages show it: `4,096 bytes`. */
@InternalMemoryApi
public fun describeBytes(count: Long): String = bytes(count)

/** What a clean-up fails with that met [next] after [first]: the first, which carries the others. */
@InternalMemoryApi
public fun firstFailure(first: Throwable?, next: Throwable): Throwable {
    if (first == null) return next
    if (first !== next) first.addSuppressed(next)
    return first
}

/** The exception for memory that must not be written to; [what] says which, and what was to be done. */
@InternalMemoryApi
public fun readOnly(what: String): ReadOnlySegmentException =
    ReadOnlySegmentException("$what, because its memory is read-only: copy it into a buffer from a manager")
