package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.platform.awaitWhile
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/**
 * [PushedSlots] off the heap, of elements of any size: a chunk is a block, and a slot the element's bytes and its stamp
 * behind them. A pusher that could not write its element says so with a stamp of its own, and the drain passes by.
 *
 * Public only because a public class extends it; the package is not exported.
 */
public abstract class BlockSlots internal constructor(
    internal val elementBytes: Long,
    elementAlignment: Long,
    inlineCapacity: Int,
    private val manager: MemoryManager,
) : PushedSlots(inlineCapacity, FIRST_ROUND, MOST_SHIFT) {
    private val slotAlignment = maxOf(STAMP_BYTES, elementAlignment)
    private val stampAt = up(elementBytes, STAMP_BYTES)

    /** From one slot to the next. */
    internal val slotBytes: Long = up(stampAt + STAMP_BYTES, slotAlignment)

    // The first chunks of both sets, one behind the other.
    private val inline = newChunk(2L * first)

    // The others, at their places.
    private val chunks = arrayOfNulls<SlotChunk>(places)

    @Volatile private var closing = false

    /** The chunk of the part that a drain is at. */
    internal var drained: SlotChunk = inline
        private set

    // ---- push ----

    /** Claims a slot, which the caller must [publish]; returns what the claim says. */
    internal fun claimSlot(): Long {
        while (true) {
            val at = claim()
            if (chunkOf(indexOf(at), firstShift) <= levelOf(at)) return at
            grow(at)
        }
    }

    /** The chunk of the slot that was claimed with [at]; throws when all has been closed meanwhile. */
    internal fun chunkAt(at: Long): SlotChunk = findChunk(at) ?: refuseClosed("pushed to")

    private fun findChunk(at: Long): SlotChunk? {
        val number = chunkOf(indexOf(at), firstShift)
        return if (number == 0) inline else chunks[placeOf(number, parityOf(at))]
    }

    /** Where in its chunk the slot begins that was claimed with [at]. */
    internal fun offsetAt(at: Long): Long {
        val index = indexOf(at)
        val number = chunkOf(index, firstShift)
        val slot = if (number == 0) index + (first and -parityOf(at)) else index - startOf(number, first)
        return slot * slotBytes
    }

    /** Says that the slot claimed with [at] has its element, or that this could not be [written] and it has none. */
    internal fun publish(at: Long, written: Boolean) {
        val round = roundOf(at)
        val chunk = findChunk(at) ?: return
        val stamp = if (written) round else round or VOID
        // Where it was closed meanwhile, or taken back by its manager, all elements have gone.
        racingFree({ STAMP.setRelease(chunk.raw, offsetAt(at) + stampAt, stamp) }) {}
    }

    /** Copies an element from [source] into the next slot. */
    internal fun pushCopy(source: MemorySegment) {
        val at = claimSlot()
        var written = false
        try {
            copy(source, 0, chunkAt(at).raw, offsetAt(at), elementBytes)
            written = true
        } catch (failure: RuntimeException) {
            if (isShut) refuseClosed("pushed to")
            throw failure
        } finally {
            publish(at, written)
        }
    }

    // ---- chunks ----

    private fun newChunk(slots: Long) = SlotChunk.of(manager.allocateZeroed(slots * slotBytes, slotAlignment))

    override fun hasChunk(parity: Int, level: Int): Boolean =
        CHUNK.getAcquire(chunks, placeOf(level, parity)) as SlotChunk? != null

    override fun addChunk(parity: Int, level: Int, slots: Int) {
        val fresh = newChunk(slots.toLong())
        val added = CHUNK.compareAndSet(chunks, placeOf(level, parity), null, fresh)
        // Where another was faster, its chunk is used.
        if (!added) return fresh.block.close()
        // Closed meanwhile: either that found the chunk here, or this finds it closed.
        if (isShut) dropChunk(parity, level)
    }

    override fun dropChunk(parity: Int, level: Int) {
        val dropped = CHUNK.getAndSet(chunks, placeOf(level, parity), null) as SlotChunk? ?: return
        dropped.block.close()
    }

    override fun clearStamps(parity: Int) {
        clearStamps(inline, first * parity, first)
        for (place in 2 + parity..<places step 2) {
            val chunk = CHUNK.getAcquire(chunks, place) as SlotChunk? ?: continue
            clearStamps(chunk, 0, startOf(place shr 1, first))
        }
    }

    private fun clearStamps(chunk: SlotChunk, from: Int, count: Int) {
        val raw = chunk.raw
        access(raw, from * slotBytes, count * slotBytes) {
            for (slot in from..<from + count) raw.set(JAVA_LONG, slot * slotBytes + stampAt, 0)
        }
    }

    /** How many bytes the blocks have. */
    internal val blockBytes: Long
        get() {
            var bytes = if (isShut) 0 else inline.raw.byteSize()
            for (place in 2..<places) {
                val chunk = CHUNK.getAcquire(chunks, place) as SlotChunk?
                bytes += chunk?.raw?.byteSize() ?: 0
            }
            return bytes
        }

    // ---- drain ----

    override fun enterPart(place: Int, from: Int, until: Int, round: Long) {
        drained = if (place < 2) inline else chunks[place]!!
        val raw = drained.raw
        access(raw, from * slotBytes, (until - from) * slotBytes) {
            for (slot in from..<until) {
                val at = slot * slotBytes + stampAt
                // Plain, which lets the loop be fast; the fence orders all of them at once.
                if (raw.get(JAVA_LONG, at) and VOID.inv() != round) awaitStamp(raw, at, round)
            }
        }
        VarHandle.acquireFence()
    }

    private fun awaitStamp(raw: MemorySegment, at: Long, round: Long): Unit =
        awaitWhile { (STAMP.getAcquire(raw, at) as Long) and VOID.inv() != round }

    override fun leavePart(): Unit = Unit

    /** Whether the slot at [offset] in the chunk that is being drained has an element. */
    internal fun hasElement(offset: Long): Boolean = drained.raw.get(JAVA_LONG, offset + stampAt) and VOID == 0L

    // ---- the end ----

    override fun endTurn() {
        super.endTurn()
        // Either the close has had the turn after this, or its mark is seen.
        VarHandle.fullFence()
        freeIfClosing()
    }

    /** Refuses pushes and drains from here on, and frees the memory: at once, or when a drain that is running ends. */
    internal fun shut() {
        if (roundOf(swapWord(CLOSED_WORD)) == CLOSED_ROUND) return
        closing = true
        freeIfClosing()
    }

    private fun freeIfClosing() {
        if (!closing || !takeTurn()) return
        try {
            // Another may have had the turn in between, and freed everything.
            if (!closing) return
            closing = false
            freeAll()
        } finally {
            super.endTurn()
        }
    }

    // A push that is under way keeps its block itself, or writes into memory that is nobody else's yet: see Block.
    private fun freeAll() {
        var first: Throwable? = null
        val places = (2..<places).mapNotNull { CHUNK.getAndSet(chunks, it, null) as SlotChunk? }
        for (chunk in places + inline) {
            try {
                chunk.block.close()
            } catch (failure: Throwable) {
                // The others are freed all the same.
                if (first == null) first = failure else first.addSuppressed(failure)
            }
        }
        if (first != null) throw first
    }

    internal companion object {
        private const val STAMP_BYTES = 8L

        /** In the stamp of a slot whose pusher had no element for it. */
        private const val VOID = 1L shl 62

        private val STAMP: VarHandle = JAVA_LONG.varHandle()
        private val CHUNK: VarHandle = MethodHandles.arrayElementVarHandle(Array<SlotChunk?>::class.java)

        private fun up(size: Long, alignment: Long) = (size + alignment - 1) and -alignment
    }
}

/**
 * One block of slots.
 *
 * @property raw a view of it that all threads use
 */
internal class SlotChunk private constructor(@JvmField val block: Block, @JvmField val raw: MemorySegment) {
    companion object {
        /** Owns [block] from here on; when this throws it has been closed. */
        fun of(block: Block): SlotChunk = try {
            SlotChunk(block, block.asKeptMemorySegment())
        } catch (failure: Throwable) {
            // The heap is full, or the like.
            block.close()
            throw failure
        }
    }
}
