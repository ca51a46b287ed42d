@file:JvmName("OffHeap")
@file:JvmMultifileClass

package dev.leasehold.memory.typed

import java.lang.foreign.MemorySegment

// Structs as elements: what is in the other files for primitives. A view sees an element's place; see OffHeapElements.

// ---- all that have an order ----

/** The index of the first element with the bytes of [value], or -1. */
@JvmName("indexOfStruct")
public fun <S : Struct<S>> OffHeapElements<S>.indexOf(value: StructView<S>): Long {
    requireElement(value.raw)
    return firstPlace(stride) { raw, at -> isSame(raw, at, value.raw) }
}

/** The index of the last element with the bytes of [value], or -1. */
@JvmName("lastIndexOfStruct")
public fun <S : Struct<S>> OffHeapElements<S>.lastIndexOf(value: StructView<S>): Long {
    requireElement(value.raw)
    return lastPlace(stride) { raw, at -> isSame(raw, at, value.raw) }
}

/** Whether an element has the bytes of [value]. */
@JvmName("containsStruct")
public operator fun <S : Struct<S>> OffHeapElements<S>.contains(value: StructView<S>): Boolean = indexOf(value) >= 0

/** Calls [action] with a view of each element in order. */
@JvmSynthetic
@JvmName("forEachStruct")
public inline fun <S : Struct<S>> OffHeapElements<S>.forEach(action: (StructView<S>) -> Unit) {
    val width = type.byteSize
    eachPlace(width) { raw, at -> action(StructView(raw.asSlice(at, width))) }
}

/** A view of the element at [index]: to read and to write it. */
@JvmName("getStruct")
public operator fun <S : Struct<S>> OffHeapElements<S>.get(index: Long): StructView<S> = StructView(element(index))

/** Copies [value] over the element at [index]. */
@JvmName("setStruct")
public operator fun <S : Struct<S>> OffHeapElements<S>.set(index: Long, value: StructView<S>) {
    requireElement(value.raw)
    MemorySegment.copy(value.raw, 0, element(index), 0, stride)
}

// ---- lists ----

/** Adds a copy of [element], which may be one of this list's, at the end. */
@JvmName("addStruct")
public fun <S : Struct<S>> OffHeapList<S>.add(element: StructView<S>) {
    requireElement(element.raw)
    addBytes(element.raw)
}

/** Adds an element of zeros at the end, and returns a view of it. */
@JvmName("addStruct")
public fun <S : Struct<S>> OffHeapList<S>.add(): StructView<S> = get(addZeroed())

/** Inserts a copy of [element], which may be one of this list's, before the one at [index]. */
@JvmName("insertStruct")
public fun <S : Struct<S>> OffHeapList<S>.insert(index: Long, element: StructView<S>): Unit =
    insertElement(index, element.raw)

/** Inserts an element of zeros before the one at [index], and returns a view of it. */
@JvmName("insertStruct")
public fun <S : Struct<S>> OffHeapList<S>.insert(index: Long): StructView<S> {
    insertZeroed(index)
    return get(index)
}

/** Removes the element at [index]; read it first, where it is still wanted. */
@JvmName("removeStructAt")
public fun <S : Struct<S>> OffHeapList<S>.removeAt(index: Long): Unit = removeElement(index)

/** Removes the first element with the bytes of [value], and returns whether there was one. */
@JvmName("removeStruct")
@IgnorableReturnValue
public fun <S : Struct<S>> OffHeapList<S>.remove(value: StructView<S>): Boolean = removeFound(indexOf(value))

// ---- stacks ----

/** Pushes a copy of [element], which may be one of this stack's. */
@JvmName("pushStruct")
public fun <S : Struct<S>> OffHeapStack<S>.push(element: StructView<S>): Unit = pushElement(element.raw)

/** Pushes an element of zeros, and returns a view of it. */
@JvmName("pushStruct")
public fun <S : Struct<S>> OffHeapStack<S>.push(): StructView<S> = get(pushZeroed())

/** A view of the topmost element, or throws [EmptyCollectionException]. [OffHeapStack.drop] takes it away. */
@JvmName("peekStruct")
public fun <S : Struct<S>> OffHeapStack<S>.peek(): StructView<S> = get(someOrRefuse() - 1)

/** Lets [action] read the topmost element and then takes it away; throws [EmptyCollectionException] without one. */
@JvmSynthetic
@JvmName("popStruct")
public inline fun <S : Struct<S>, R> OffHeapStack<S>.pop(action: (StructView<S>) -> R): R =
    action(peek()).also { drop() }

// ---- queues ----

/** Adds a copy of [element], which may be one of this queue's, at the tail. */
@JvmName("addStruct")
public fun <S : Struct<S>> OffHeapQueue<S>.add(element: StructView<S>): Unit = addElement(element.raw)

/** Adds an element of zeros at the tail, and returns a view of it. */
@JvmName("addStruct")
public fun <S : Struct<S>> OffHeapQueue<S>.add(): StructView<S> = get(addZeroed())

/** A view of the element at the head, or throws [EmptyCollectionException]. [OffHeapQueue.drop] takes it away. */
@JvmName("peekStruct")
public fun <S : Struct<S>> OffHeapQueue<S>.peek(): StructView<S> {
    requireSome()
    return get(0)
}

/** Lets [action] read the element at the head and then takes it away; throws [EmptyCollectionException] without one. */
@JvmSynthetic
@JvmName("removeStruct")
public inline fun <S : Struct<S>, R> OffHeapQueue<S>.remove(action: (StructView<S>) -> R): R =
    action(peek()).also { drop() }

/** Removes the element at [index], counted from the head; read it first, where it is still wanted. */
@JvmName("removeStructAt")
public fun <S : Struct<S>> OffHeapQueue<S>.removeAt(index: Long): Unit = removeElement(index)

/** Removes the first element with the bytes of [value], and returns whether there was one. */
@JvmName("removeStruct")
@IgnorableReturnValue
public fun <S : Struct<S>> OffHeapQueue<S>.remove(value: StructView<S>): Boolean = removeFound(indexOf(value))

// ---- append-only lists ----

/** Adds a copy of [element], which may be one of this list's, and returns its position. */
@JvmName("addStruct")
@IgnorableReturnValue
public fun <S : Struct<S>> OffHeapAppendList<S>.add(element: StructView<S>): Long = addElement(element.raw)

/** Adds an element of zeros, and returns a view of it, which stays good while others are added. */
@JvmName("addStruct")
public fun <S : Struct<S>> OffHeapAppendList<S>.add(): StructView<S> = get(addZeroed())
