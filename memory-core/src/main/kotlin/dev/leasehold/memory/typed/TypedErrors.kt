@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.platform.grouped

/**
 * An index outside of a typed array, buffer or collection. Nothing was read or changed.
 *
 * @property index the index that was asked for
 * @property count how many elements there are
 */
public class ElementBoundsException internal constructor(
    message: String,
    public val index: Long,
    public val count: Long,
) : MemoryException(message)

/**
 * A buffer or a collection of typed elements was used after it had been closed, released or moved from. Nothing was
 * read or changed.
 */
public class TypedMemoryClosedException internal constructor(message: String) : MemoryClosedException(message)

/**
 * Memory that was to be opened as a collection or a typed buffer holds something else: another kind, version or layout
 * of elements, or not a whole number of them. Nothing was changed.
 */
public class ElementLayoutException internal constructor(message: String) : MemoryException(message)

/** The exception for element [index] of [what], which has [count]. */
internal fun noSuchElement(what: String, index: Long, count: Long) = ElementBoundsException(
    "$what has no element ${grouped(index)}: " +
        if (count == 0L) "it is empty" else "it has ${grouped(count)}, from 0 to ${grouped(count - 1)}",
    index,
    count,
)
