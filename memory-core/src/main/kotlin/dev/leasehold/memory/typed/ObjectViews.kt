@file:JvmName("ObjectViews")
@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

// What a pool's objects are seen as: a struct where the type is one, a segment otherwise. Extensions, so that the
// compiler knows which, and no view is ever boxed.

/**
 * The object that [handle] names, if it lives at this moment; else null. Exact where the frees of it are ordered with
 * what is done with the view: on the same thread, in another phase, under a lock. Beside frees that are not, take
 * [read] or [hold].
 *
 * **Cost.** One load and one comparison more than the access. Where null is really met now and then, the view may become
 * an object of 40 bytes; `if (handle in pool) pool[handle]` makes none.
 */
@JvmName("findStruct")
public fun <S : Struct<S>> ObjectPool<S>.find(handle: Handle): StructView<S>? =
    findMemorySegment(handle)?.let { StructView(it) }

/** [find] of an object of some bytes. */
@JvmName("findBytes")
public fun ObjectPool<Segment>.find(handle: Handle): Segment? = findMemorySegment(handle)?.let(Segment::of)

/**
 * [find] of an object that must live.
 *
 * @throws StaleHandleException when it does not
 */
@JvmName("getStruct")
public operator fun <S : Struct<S>> ObjectPool<S>.get(handle: Handle): StructView<S> =
    StructView(asMemorySegment(handle))

/** [get] of an object of some bytes. */
@JvmName("getBytes")
public operator fun ObjectPool<Segment>.get(handle: Handle): Segment = Segment.of(asMemorySegment(handle))

/**
 * Runs [action] with the object that [handle] names, and gives what that returns, if the object lived all the while;
 * else null. Any thread may free it meanwhile.
 *
 * [action] may be run on bytes that are another object's by then, half written; what it gives then, or throws, is
 * dropped. So let it do nothing but read, and end whatever it reads.
 *
 * **Cost.** Two looks at a word, before and after.
 */
@JvmSynthetic
@JvmName("readStruct")
public inline fun <S : Struct<S>, R : Any> ObjectPool<S>.read(handle: Handle, action: (StructView<S>) -> R): R? =
    readValidated(handle) { action(StructView(it)) }

/** [read] of an object of some bytes. */
@JvmSynthetic
@JvmName("readBytes")
public inline fun <R : Any> ObjectPool<Segment>.read(handle: Handle, action: (Segment) -> R): R? =
    readValidated(handle) { action(Segment.of(it)) }

@PublishedApi
@JvmSynthetic
internal inline fun <R : Any> ObjectPool<*>.readValidated(handle: Handle, action: (MemorySegment) -> R): R? {
    val memory = beginRead(handle) ?: return null
    val result = try {
        action(memory)
    } catch (failure: Throwable) {
        if (stillLives(handle)) throw failure
        return null
    }
    return if (stillLives(handle)) result else null
}

/**
 * Runs [action] with the object that [handle] names, and gives what that returns; null when it does not live. However
 * other threads free it meanwhile, its memory stays its own until [action] has ended: for reads and writes.
 *
 * **Cost.** Two atomic operations.
 */
@IgnorableReturnValue
@JvmSynthetic
@JvmName("holdStruct")
public inline fun <S : Struct<S>, R : Any> HoldableObjectPool<S>.hold(
    handle: Handle,
    action: (StructView<S>) -> R,
): R? {
    val memory = beginHold(handle) ?: return null
    try {
        return action(StructView(memory))
    } finally {
        endHold(handle)
    }
}

/** [hold] of an object of some bytes. */
@IgnorableReturnValue
@JvmSynthetic
@JvmName("holdBytes")
public inline fun <R : Any> HoldableObjectPool<Segment>.hold(handle: Handle, action: (Segment) -> R): R? {
    val memory = beginHold(handle) ?: return null
    try {
        return action(Segment.of(memory))
    } finally {
        endHold(handle)
    }
}

/**
 * The object itself, as long as it lives.
 *
 * @throws StaleHandleException when it does not
 */
@get:JvmName("structOf")
public val <S : Struct<S>> PooledObject<S>.view: StructView<S> get() = StructView(asMemorySegment())

/** [view] of an object of some bytes. */
@get:JvmName("bytesOf")
public val PooledObject<Segment>.view: Segment get() = Segment.of(asMemorySegment())

/**
 * A copy of the object on the heap, which is the caller's; the object itself is freed.
 *
 * @throws StaleHandleException when it does not live, or another thread ended it first
 */
@JvmName("recoverStruct")
public fun <S : Struct<S>> PooledObject<S>.recover(): StructView<S> = StructView(MemorySegment.ofArray(recoverBytes()))

/** [recover] of an object of some bytes. */
@JvmName("recoverSegment")
public fun PooledObject<Segment>.recover(): Segment = Segment.of(MemorySegment.ofArray(recoverBytes()))
