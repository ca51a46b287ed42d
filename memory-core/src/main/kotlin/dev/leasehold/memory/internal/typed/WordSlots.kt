package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/**
 * [PushedSlots] of words: each slot is a word of the element's bits and one of the stamp, side by side in an array of
 * longs, so that a push touches one line.
 *
 * On the heap, because there a slot is one load and one comparison away: a view of native memory is asked for its
 * bounds and for its life at each access, which the fetch-and-add keeps the compiler from hoisting.
 *
 * Public only because a public class extends it; the package is not exported.
 */
public abstract class WordSlots internal constructor(
    inlineCapacity: Int,
    firstRound: Long = FIRST_ROUND,
    mostShift: Int = MOST_SHIFT,
) : PushedSlots(inlineCapacity, firstRound, mostShift) {
    // The first chunks of both sets, one behind the other.
    private val inline = LongArray(4 * first)

    // The others, at their places.
    private val chunks = arrayOfNulls<LongArray>(places)

    /** The chunk of the part that a drain is at: the bits of an element at every second place, its stamp behind. */
    internal var words: LongArray = inline
        private set

    // ---- push ----

    /** Puts [bits] into the next slot. */
    internal fun pushBits(bits: Long) {
        while (true) {
            val at = claim()
            val index = indexOf(at)
            if (index in 0..<first) return put(inline, index + (first and -parityOf(at)), bits, roundOf(at))
            if (pushFar(at, bits)) return
        }
    }

    private fun pushFar(at: Long, bits: Long): Boolean {
        val chunk = chunkOf(indexOf(at), firstShift)
        if (chunk > levelOf(at)) {
            grow(at)
            return false
        }
        put(chunks[placeOf(chunk, parityOf(at))]!!, indexOf(at) - startOf(chunk, first), bits, roundOf(at))
        return true
    }

    private fun put(slots: LongArray, slot: Int, bits: Long, round: Long) {
        slots[2 * slot] = bits
        stamp(slots, 2 * slot + 1, round)
    }

    /** Publishes what has been written before. Open for a twin that stamps too early. */
    internal open fun stamp(slots: LongArray, at: Int, round: Long): Unit = WORDS.setRelease(slots, at, round)

    // ---- chunks ----

    override fun hasChunk(parity: Int, level: Int): Boolean = chunkAt(placeOf(level, parity)) != null

    override fun addChunk(parity: Int, level: Int, slots: Int) {
        val fresh = newWords(2 * slots)
        // Where another was faster, its chunk is used.
        val _ = CHUNK.compareAndSet(chunks, placeOf(level, parity), null, fresh)
    }

    /** Open for a test in which the heap is full. */
    internal open fun newWords(count: Int): LongArray = LongArray(count)

    override fun dropChunk(parity: Int, level: Int) {
        words = inline
        CHUNK.setVolatile(chunks, placeOf(level, parity), null)
    }

    private fun chunkAt(place: Int) = CHUNK.getAcquire(chunks, place) as LongArray?

    override fun clearStamps(parity: Int) {
        val own = 2 * first * parity
        clearStamps(inline, own, own + 2 * first)
        for (place in 2 + parity..<places step 2) chunkAt(place)?.let { clearStamps(it, 0, it.size) }
    }

    private fun clearStamps(slots: LongArray, from: Int, until: Int) {
        for (at in from + 1..<until step 2) slots[at] = 0
    }

    /** How many bytes the arrays have. */
    internal val wordBytes: Long
        get() {
            var words = inline.size.toLong()
            for (place in 2..<places) words += chunkAt(place)?.size ?: 0
            return words * Long.SIZE_BYTES
        }

    // ---- drain ----

    override fun enterPart(place: Int, from: Int, until: Int, round: Long) {
        words = if (place < 2) inline else chunks[place]!!
        awaitStamps(words, 2 * from, 2 * until, round)
    }

    override fun leavePart(): Unit = Unit

    /** Returns when all slots have the stamp [round], and what was pushed is seen. Open for a twin that hurries. */
    internal open fun awaitStamps(slots: LongArray, from: Int, until: Int, round: Long) {
        var at = from + 1
        while (at < until) {
            // Plain, which lets the loop be fast; the fence orders all of them at once.
            if (slots[at] != round) awaitStamp(slots, at, round)
            at += 2
        }
        VarHandle.acquireFence()
    }

    private fun awaitStamp(slots: LongArray, at: Int, round: Long): Unit =
        awaitWhile { WORDS.getAcquire(slots, at) as Long != round }

    private companion object {
        val WORDS: VarHandle = MethodHandles.arrayElementVarHandle(LongArray::class.java)
        val CHUNK: VarHandle = MethodHandles.arrayElementVarHandle(Array<LongArray?>::class.java)
    }
}
