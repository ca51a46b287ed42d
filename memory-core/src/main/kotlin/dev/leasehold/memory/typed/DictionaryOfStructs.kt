@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

// ---- structs as keys ----

/** The place of the entry of [key], or none. */
@JvmName("findStruct")
public fun <S : Struct<S>> OffHeapDictionary<S, *>.find(key: StructView<S>): OffHeapDictionary.Place =
    found(findStruct(key.raw))

/** The place of the entry of [key], whose bytes are copied, which is made, with zeros as its value, if there is none. */
@JvmName("getOrPutStruct")
public fun <S : Struct<S>> OffHeapDictionary<S, *>.getOrPut(key: StructView<S>): OffHeapDictionary.Place =
    claimed(claimStruct(key.raw))

/** Whether there is an entry of [key]. */
@JvmName("containsStruct")
public operator fun <S : Struct<S>> OffHeapDictionary<S, *>.contains(key: StructView<S>): Boolean =
    findStruct(key.raw) >= 0

/** Removes the entry of [key], and returns whether there was one. */
@JvmName("removeStruct")
@IgnorableReturnValue
public fun <S : Struct<S>> OffHeapDictionary<S, *>.remove(key: StructView<S>): Boolean =
    removeFound(findStruct(key.raw))

/** A view of the key of the entry at the place [at]. It must not be changed. */
@JvmName("structKeyAt")
public fun <S : Struct<S>> OffHeapDictionary<S, *>.key(at: OffHeapDictionary.Place): StructView<S> =
    StructView(keyIn(offsetOf(at)))

/** Calls [action] with a view of each key, which must not be changed. */
@JvmSynthetic
public inline fun <S : Struct<S>> OffHeapDictionary<S, *>.forEachKey(action: (StructView<S>) -> Unit): Unit =
    forEach { action(key(it)) }

// ---- structs as values ----

/** A view of the value of the entry at the place [at]: to read and to write it. */
@JvmName("structAt")
public operator fun <S : Struct<S>> OffHeapDictionary<*, S>.get(at: OffHeapDictionary.Place): StructView<S> =
    StructView(asMemorySegment(at))

/** Copies [value] into the entry at the place [at]. */
@JvmName("setStructAt")
public operator fun <S : Struct<S>> OffHeapDictionary<*, S>.set(
    at: OffHeapDictionary.Place,
    value: StructView<S>,
): Unit = setBytes(at, value.raw)

/** Calls [action] with a view of each value. */
@JvmSynthetic
public inline fun <S : Struct<S>> OffHeapDictionary<*, S>.forEachValue(action: (StructView<S>) -> Unit): Unit =
    forEach { action(get(it)) }
