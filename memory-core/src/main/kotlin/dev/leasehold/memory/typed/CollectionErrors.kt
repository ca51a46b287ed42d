@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/**
 * A collection was changed while it was being iterated, or a [place][OffHeapDictionary.Place] was used after entries
 * had moved. What the iteration has done so far stands; nothing else was read or changed.
 */
public class CollectionChangedException internal constructor(message: String) : MemoryException(message)

/** An element was to be taken from, or looked at in, a queue or a stack that has none. Nothing was changed. */
public class EmptyCollectionException internal constructor(message: String) : MemoryException(message)

/** A dictionary has no entry for the key that a value was read or written by. Nothing was changed. */
public class NoSuchEntryException internal constructor(message: String) : MemoryException(message)

/** The exception for [what], which changed in the midst of an iteration. */
internal fun changedMeanwhile(what: String) = CollectionChangedException(
    "$what was changed while it was being iterated: collect what is to change first, and change it afterwards",
)

/** The exception for a place in [what], whose entries have moved since. */
internal fun movedMeanwhile(what: String) = CollectionChangedException(
    "The place of an entry of $what was used after entries had moved, which a removal, a growth, a shrink and a " +
        "clear " +
        "make them do: find the key again",
)

/** The exception for a place that stands for no entry of [what]. */
internal fun noEntry(what: String) = NoSuchEntryException(
    "$what has no entry there: the key was not found; ask isPresent first, or use getOrPut, which makes the entry",
)

/** The exception for [key], which [what] does not have. */
internal fun noEntryFor(what: String, key: String) = NoSuchEntryException(
    "$what has no entry for the key $key: use getOrDefault, or find, where it may be missing",
)

/** The exception for an element of [what], which is empty. */
internal fun nothingIn(what: String) = EmptyCollectionException("$what is empty: ask isEmpty first")

/** The exception for a use of [what] after its end, which was that it was [closed]. */
internal fun usedAfterEnd(what: String, closed: String) = TypedMemoryClosedException(
    "$what was used after it had been $closed; its memory is gone, or another's to free",
)

/** The exception for the elements from [from] up to [to] of [what], which has [count]. */
internal fun noSuchRange(what: String, from: Long, to: Long, count: Long) = ElementBoundsException(
    "$what has no elements from ${grouped(
        from,
    )} up to ${grouped(to)}: it has ${grouped(count)}, and a range must not " +
        "end before it begins",
    if (from < 0 || from > count) from else to,
    count,
)

/** The exception for the position [index], where [what], which has [count] elements, cannot insert one. */
internal fun noSuchPosition(what: String, index: Long, count: Long) = ElementBoundsException(
    "Nothing can be inserted at ${grouped(index)} of $what: the positions go from 0 to ${grouped(count)}, its size",
    index,
    count,
)

/** The exception for an element of [size] bytes that was to become one of [what], whose elements have [expected]. */
internal fun wrongElement(what: String, size: Long, expected: Long) = ElementLayoutException(
    "${bytes(
        size,
    )} were given as an element of $what, whose elements have ${bytes(expected)}: give a view of exactly " +
        "one",
)

/** The exception for [size] bytes that were to be added to [what], whose elements have [elementBytes]. */
internal fun noWholeElements(what: String, size: Long, elementBytes: Long) = ElementLayoutException(
    "${bytes(size)} are no whole number of elements of $what, which have ${bytes(elementBytes)} each",
)

/** The exception for a capacity of [requested] elements, which none can have. */
internal fun noSuchCapacity(what: String, requested: Long) = ElementBoundsException(
    "$what cannot have a capacity of ${counted(requested, "element")}: it must not be negative",
    requested,
    0,
)
