package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.util.Arrays

/**
 * [PushedSlots] of references to objects. They need no stamps: a slot without one is null, and a drain leaves it so.
 *
 * Public only because a public class extends it; the package is not exported.
 */
public abstract class ObjectSlots internal constructor(
    inlineCapacity: Int,
    firstRound: Long = FIRST_ROUND,
    mostShift: Int = MOST_SHIFT,
) : PushedSlots(inlineCapacity, firstRound, mostShift) {
    // The first chunks of both sets, one behind the other.
    private val inline = arrayOfNulls<Any>(2 * first)

    // The others, at their places.
    private val chunks = arrayOfNulls<Array<Any?>>(places)

    /** The chunk of the part that a drain is at. */
    internal var objects: Array<Any?> = inline
        private set

    // ---- push ----

    /** Puts [element] into the next slot. */
    internal fun pushObject(element: Any) {
        while (true) {
            val at = claim()
            val index = indexOf(at)
            if (index in 0..<first) return put(inline, index + (first and -parityOf(at)), element)
            if (pushFar(at, element)) return
        }
    }

    private fun pushFar(at: Long, element: Any): Boolean {
        val chunk = chunkOf(indexOf(at), firstShift)
        if (chunk > levelOf(at)) {
            grow(at)
            return false
        }
        put(chunks[placeOf(chunk, parityOf(at))]!!, indexOf(at) - startOf(chunk, first), element)
        return true
    }

    private fun put(slots: Array<Any?>, slot: Int, element: Any): Unit = OBJECTS.setRelease(slots, slot, element)

    // ---- chunks ----

    override fun hasChunk(parity: Int, level: Int): Boolean = chunkAt(placeOf(level, parity)) != null

    override fun addChunk(parity: Int, level: Int, slots: Int) {
        val fresh = newSlots(slots)
        // Where another was faster, its chunk is used.
        val _ = CHUNK.compareAndSet(chunks, placeOf(level, parity), null, fresh)
    }

    /** Open for a test in which the heap is full. */
    internal open fun newSlots(count: Int): Array<Any?> = arrayOfNulls(count)

    override fun dropChunk(parity: Int, level: Int) {
        objects = inline
        CHUNK.setVolatile(chunks, placeOf(level, parity), null)
    }

    @Suppress("UNCHECKED_CAST")
    private fun chunkAt(place: Int) = CHUNK.getAcquire(chunks, place) as Array<Any?>?

    override fun clearStamps(parity: Int): Unit = Unit

    // ---- drain ----

    override fun enterPart(place: Int, from: Int, until: Int, round: Long) {
        objects = if (place < 2) inline else chunks[place]!!
        awaitObjects(objects, from, until)
    }

    override fun leavePart(): Unit = Arrays.fill(objects, cursor.from, cursor.until, null)

    /** Returns when all slots have their object. Open for a twin that hurries. */
    internal open fun awaitObjects(slots: Array<Any?>, from: Int, until: Int) {
        for (at in from..<until) {
            // Plain, which lets the loop be fast; the fence orders all of them at once.
            if (slots[at] == null) awaitObject(slots, at)
        }
        VarHandle.acquireFence()
    }
    private fun awaitObject(slots: Array<Any?>, at: Int): Unit = awaitWhile { OBJECTS.getAcquire(slots, at) == null }

    private companion object {
        val OBJECTS: VarHandle = MethodHandles.arrayElementVarHandle(Array<Any?>::class.java)
        val CHUNK: VarHandle = MethodHandles.arrayElementVarHandle(Array<Array<Any?>?>::class.java)
    }
}
