package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.util.Arrays
import java.util.concurrent.atomic.AtomicReference

/**
 * [PushedSlots] of words. They need no stamps: a slot without an element is 0, and a drain leaves it so. An element's
 * bits are stored with those of [KEY] turned over, so that 0, which programs push all the time, is not 0 here.
 *
 * The one element that would be 0 there, [KEY] itself, is announced in a list instead, and its slot stays empty. A
 * program hardly ever has it; where one does, the push allocates.
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
    private val inline = LongArray(2 * first)

    // The others, at their places.
    private val chunks = arrayOfNulls<LongArray>(places)

    // Which slots of each set stay empty because their element is KEY.
    private val announced = Array(2) { AtomicReference<Announced?>() }

    private class Announced {
        @JvmField var index = 0

        @JvmField var next: Announced? = null
    }

    /** The chunk of the part that a drain is at: the bits of elements, with those of [KEY] turned over. */
    internal var words: LongArray = inline
        private set

    // ---- push ----

    /** Puts [bits] into the next slot. */
    internal fun pushBits(bits: Long) {
        val word = bits xor KEY
        if (word == EMPTY) return pushKey()
        while (true) {
            val at = claim()
            val index = indexOf(at)
            if (index in 0..<first) return put(inline, index + (first and -parityOf(at)), word)
            if (pushFar(at, word)) return
        }
    }

    private fun pushFar(at: Long, word: Long): Boolean {
        val chunk = chunkOf(indexOf(at), firstShift)
        if (chunk > levelOf(at)) {
            grow(at)
            return false
        }
        put(chunks[placeOf(chunk, parityOf(at))]!!, indexOf(at) - startOf(chunk, first), word)
        return true
    }

    /** Publishes [word], and with it what has been written before. Open for a twin that stops here. */
    internal open fun put(slots: LongArray, slot: Int, word: Long): Unit = WORDS.setRelease(slots, slot, word)

    private fun pushKey() {
        // Before the claim, after which nothing may fail.
        val key = Announced()
        while (true) {
            val at = claim()
            if (chunkOf(indexOf(at), firstShift) <= levelOf(at)) return announce(key, at)
            grow(at)
        }
    }

    private fun announce(key: Announced, at: Long) {
        val list = announced[parityOf(at)]
        key.index = indexOf(at)
        while (true) {
            val top = list.get()
            key.next = top
            if (list.compareAndSet(top, key)) return
        }
    }

    // ---- chunks ----

    override fun hasChunk(parity: Int, level: Int): Boolean = chunkAt(placeOf(level, parity)) != null

    override fun addChunk(parity: Int, level: Int, slots: Int) {
        val fresh = newWords(slots)
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

    override fun clearStamps(parity: Int): Unit = Unit

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
        awaitWords(words, from, until)
    }

    override fun leavePart() {
        Arrays.fill(words, cursor.from, cursor.until, EMPTY)
        if (cursor.isDone) announced[parityOf(cursor.word)].set(null)
    }

    /** Returns when all slots have their element, and what was pushed is seen. Open for a twin that hurries. */
    internal open fun awaitWords(slots: LongArray, from: Int, until: Int) {
        for (at in from..<until) {
            // Plain, which lets the loop be fast; the fence orders all of them at once.
            if (slots[at] == EMPTY) awaitWord(slots, at, cursor.indexOf(at))
        }
        VarHandle.acquireFence()
    }

    private fun awaitWord(slots: LongArray, at: Int, index: Int): Unit =
        awaitWhile { WORDS.getAcquire(slots, at) as Long == EMPTY && !isAnnounced(index) }

    private fun isAnnounced(index: Int): Boolean {
        var key = announced[parityOf(cursor.word)].get()
        while (key != null && key.index != index) key = key.next
        return key != null
    }

    internal companion object {
        /** What is in a slot without an element. */
        private const val EMPTY = 0L

        /** A number that programs do not push. */
        internal const val KEY: Long = -0x5b87_62c1_3e9a_d604L

        private val WORDS: VarHandle = MethodHandles.arrayElementVarHandle(LongArray::class.java)
        private val CHUNK: VarHandle = MethodHandles.arrayElementVarHandle(Array<LongArray?>::class.java)
    }
}
