@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.PushedSlots

/**
 * A small buffer was to be drained or shrunk while it was being drained: by another thread, or by the action of the
 * drain itself. Nothing was changed.
 */
public class DrainInProgressException internal constructor(message: String) : MemoryException(message)

/**
 * A small buffer has as many elements as one can have, or as its drains leave room for. Nothing was pushed.
 *
 * @property capacity how many that are
 */
public class SmallBufferFullException internal constructor(message: String, public val capacity: Long) :
    MemoryException(message)

/** [capacity], once it is certain that a small buffer of [what] can have it inline. */
internal fun checkInline(what: String, capacity: Int): Int {
    if (capacity in 1..PushedSlots.MOST_INLINE) return capacity
    throw MemoryConfigurationException(
        "$what cannot have an inline capacity of ${grouped(capacity.toLong())}: give it 1 to " +
            "${grouped(PushedSlots.MOST_INLINE.toLong())}, as many as are usually pushed between two drains",
    )
}

/** The exception for a drain of [what] that met another; it was to be [verb]. */
internal fun drainInProgress(what: String, verb: String) = DrainInProgressException(
    "$what was $verb while it was being drained: let one thread at a time drain it, and do not drain or shrink it in " +
        "the action of a drain",
)

/** The exception for a push to [what], which has no slot left. */
internal fun smallBufferFull(what: String): SmallBufferFullException {
    val most = 1L shl PushedSlots.MOST_SHIFT
    return SmallBufferFullException("$what has ${grouped(most)} elements, the most it can have: drain it sooner", most)
}
