package dev.leasehold.stress

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.typed.HeldSlots
import dev.leasehold.memory.internal.typed.MARK
import dev.leasehold.memory.internal.typed.OwnedSlots
import dev.leasehold.memory.internal.typed.SlotShape
import dev.leasehold.memory.internal.typed.Slots
import java.lang.foreign.ValueLayout.JAVA_BYTE

private const val SIZE = 8L

// Each slot has a block to itself, which can be given back when the slot is free, once.
private val SHAPE = SlotShape(SIZE, SIZE, SIZE, batchSize = 1, capacity = 3)
private val MANAGER = MemoryManager.system()

/**
 * One object of a pool of its own, which two threads free or hold.
 *
 * Caches are emptied when the threads have done, so the pool needs no fence for that.
 */
internal abstract class PoolScene<S : Slots>(protected val slots: S) {
    private val meeting = Meeting()

    /** The object; 0 while there is none. */
    @Volatile
    protected var handle = 0L
        private set

    /** Makes the object. */
    fun allocate() {
        val fresh = slots.take()
        slots.segmentOf(fresh)!!.fill(OWN)
        handle = fresh
    }

    /** Waits a little for the other thread. */
    fun meet() = meeting.meet()

    /** Frees the object; 1 when told that this did it. */
    fun free(): Int = if (slots.free(handle)) 1 else 0

    /**
     * How many blocks cannot be given back, after the end of all objects: those whose slot is not free, or is twice. To
     * be asked when the threads have done.
     */
    fun left(): Int {
        val _ = slots.trim()
        return slots.tally().batches
    }

    protected companion object {
        /** What an object has in its bytes while it lives. */
        const val OWN: Byte = 1
    }
}

/** One object of a pool whose owner frees it beside another thread. */
internal class OwnedScene private constructor(slots: OwnedSlots) : PoolScene<OwnedSlots>(slots) {
    companion object {
        @JvmStatic
        fun shipped() = OwnedScene(OwnedSlots(SHAPE, MANAGER, "stress") {})

        @JvmStatic
        fun blindlyClaimed() = OwnedScene(BlindlyClaimed())
    }
}

/** The twin that marks without a second look at what the owner has made of the word meanwhile. */
private class BlindlyClaimed : OwnedSlots(SHAPE, MANAGER, "stress", {}) {
    override fun mark(words: LongArray, slot: Int, handle: Long): Boolean {
        if (words[slot] != handle) return false
        Thread.onSpinWait()
        words[slot] = handle or MARK
        return true
    }
}

/** One object of a pool whose objects can be held. */
internal class HeldScene private constructor(slots: HeldSlots) : PoolScene<HeldSlots>(slots) {
    private var next = 0L

    /** Gives the calling thread a cache, without which it would free under a lock. */
    fun join() = check(slots.free(slots.take())) { "an object that nobody else knows was not freed" }

    /** Makes an object that is held. */
    fun allocateHeld() {
        allocate()
        check(slots.hold(handle)) { "a fresh object was not held" }
    }

    /** Ends a hold that was begun before. */
    fun letGo() = slots.letGo(handle)

    /** Frees the object, and makes another one at once, which has other bytes; 1 when told that it was freed. */
    fun freeAndReuse(): Int {
        val freed = free()
        next = slots.take()
        slots.segmentOf(next)!!.fill(OTHERS)
        return freed
    }

    /** Frees that other object; where a twin has damaged its slot, that is left. */
    fun freeNext() {
        val _ = slots.free(next)
    }

    /** Holds the object and looks at its bytes some times: 0 when it was refused, 2 when they were another object's. */
    fun holdAndLook(): Int {
        val held = handle
        if (held == 0L || !slots.hold(held)) return 0
        val bytes = slots.segmentOf(held)!!
        var seen = 1
        repeat(LOOKS) {
            Thread.onSpinWait()
            if (bytes.get(JAVA_BYTE, 0) != OWN) seen = 2
        }
        slots.letGo(held)
        return seen
    }

    companion object {
        private const val OTHERS: Byte = 2
        private const val LOOKS = 8

        @JvmStatic
        fun shipped() = HeldScene(HeldSlots(SHAPE, MANAGER, "stress") {})

        @JvmStatic
        fun blindlyHeld() = HeldScene(BlindlyHeld())
    }
}

/** The twin that changes the word without a look at it. */
private class BlindlyHeld : HeldSlots(SHAPE, MANAGER, "stress", {}) {
    override fun change(words: LongArray, slot: Int, seen: Long, next: Long): Boolean {
        words[slot] = next
        return true
    }
}
