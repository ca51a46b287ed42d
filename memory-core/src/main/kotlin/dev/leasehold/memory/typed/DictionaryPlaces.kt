@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

// Places of entries, whatever keys and values are. All that takes a place throws NoSuchEntryException when it is none,
// and CollectionChangedException when entries have moved since it was found.

/** The place of the first entry in the order of iteration, or none when the dictionary is empty. */
@JvmName("first")
public fun OffHeapDictionary<*, *>.first(): OffHeapDictionary.Place = found(firstEntry())

/**
 * The place of the entry after the one at [place] in the order of iteration, or none. Entries that were added since the
 * [first] may come or not.
 *
 * @throws NoSuchEntryException when [place] is none
 * @throws CollectionChangedException when entries have moved since the place was found
 */
@JvmName("next")
public fun OffHeapDictionary<*, *>.next(place: OffHeapDictionary.Place): OffHeapDictionary.Place =
    nextFrom(offsetOf(place) + stride)

/** Calls [action] with the place of each entry. */
@JvmSynthetic
public inline fun OffHeapDictionary<*, *>.forEach(action: (OffHeapDictionary.Place) -> Unit) {
    val before = size
    val seen = stamp
    var at = first()
    while (at.isPresent) {
        action(at)
        requireSame(before, seen)
        at = next(at)
    }
}

/**
 * Removes the entry at [place].
 *
 * @throws NoSuchEntryException when [place] is none
 * @throws CollectionChangedException when entries have moved since the place was found
 */
@JvmName("removeAt")
public fun OffHeapDictionary<*, *>.remove(place: OffHeapDictionary.Place): Unit = vacate(offsetOf(place))

/** Removes all entries for whose places [matches] is true, each of them asked once, and returns how many. */
@JvmSynthetic
@IgnorableReturnValue
public inline fun OffHeapDictionary<*, *>.removeIf(matches: (OffHeapDictionary.Place) -> Boolean): Long {
    val before = size
    val sweep = sweep()
    var at = sweep.next()
    while (at.isPresent) {
        sweep.decide(matches(at))
        at = sweep.next()
    }
    return before - size
}

/**
 * A view of the bytes of the value at [place]; see [OffHeapCollection] for how long it is good.
 *
 * @throws NoSuchEntryException when [place] is none
 * @throws CollectionChangedException when entries have moved since the place was found
 */
@JvmSynthetic
public fun OffHeapDictionary<*, *>.asSegment(place: OffHeapDictionary.Place): Segment =
    Segment.of(asMemorySegment(place))

/** [asSegment] as the platform's type: the named crossing, and what Java uses. */
@JvmName("asMemorySegment")
public fun OffHeapDictionary<*, *>.asMemorySegment(place: OffHeapDictionary.Place): MemorySegment =
    value(place) { raw, at -> raw.asSlice(at, valueType.byteSize) }

/** A view of the bytes of the key at [place], which must not be changed. */
@JvmSynthetic
public fun OffHeapDictionary<*, *>.keyAsSegment(place: OffHeapDictionary.Place): Segment =
    Segment.of(keyIn(offsetOf(place)))

/**
 * The place of the entry whose key has the bytes [key], or none.
 *
 * @throws ElementLayoutException when these are not as many as a key has
 */
@JvmName("find")
public fun OffHeapDictionary<*, *>.find(key: Segment): OffHeapDictionary.Place = found(findBytes(key.raw))

/**
 * The place of the entry whose key has the bytes [key], which is made, with zeros as its value, if there is none.
 *
 * @throws ElementLayoutException when these are not as many as a key has
 */
@JvmName("getOrPut")
public fun OffHeapDictionary<*, *>.getOrPut(key: Segment): OffHeapDictionary.Place = claimed(claimBytes(key.raw))
