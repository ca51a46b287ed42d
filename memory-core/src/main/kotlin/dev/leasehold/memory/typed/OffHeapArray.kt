@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment
import java.util.Objects

/**
 * Elements one behind the other in one block, each found by its index: what a list and a stack have in common.
 *
 * Extensions read and write the elements: `array[i]`, `array[i] = value`, and `elements`, a view of them all that can be
 * sorted, searched, sliced and copied.
 *
 * **Ownership, threads, cost.** See [OffHeapCollection].
 */
public abstract class OffHeapArray<E> internal constructor(type: ElementType<E>, block: Block) :
    OffHeapElements<E>(type, block) {
    /** Where the first element lies in the block. A primitive's is [HEADER_BYTES]. */
    @JvmField internal val start: Long = startOf(type)

    /** How many elements there is room for; -1 while the block's bytes are not at hand. */
    @JvmField internal var room: Long = -1

    override val capacity: Long get() {
        requireOpen()
        return room
    }

    @PublishedApi
    internal override val runs: Int get() = 1

    @PublishedApi
    internal override fun run(number: Int): MemorySegment {
        val n = size
        return raw.asSlice(start, n * stride)
    }

    internal override fun element(index: Long): MemorySegment =
        placed(index, stride, start) { raw, at -> raw.asSlice(at, stride) }

    /**
     * A view of the bytes of all elements, as they lie one behind the other. It does not grow with the collection.
     *
     * **Ownership.** See [OffHeapCollection]: growing, shrinking and closing may cut it off.
     */
    @JvmSynthetic
    public fun asSegment(): Segment = Segment.of(run(0))

    /** [asSegment] as the platform's type: the named crossing, and what Java uses. */
    public fun asMemorySegment(): MemorySegment = run(0)

    override fun reserve(capacity: Long) {
        requireCapacity(capacity)
        if (capacity > room) resizeTo(capacity)
    }

    override fun shrink() {
        val needed = size
        if (needed < room) resizeTo(needed)
    }

    override fun clear() {
        requireOpen()
        changes++
        commit(0)
    }

    /**
     * Removes the elements from [fromIndex] up to [toIndex], which is not part of it; those behind them move up.
     *
     * @throws ElementBoundsException when there are no such elements
     */
    internal fun removeBetween(fromIndex: Long, toIndex: Long) {
        requireRange(fromIndex, toIndex)
        val n = count
        copy(raw, offsetOf(toIndex), raw, offsetOf(fromIndex), (n - toIndex) * stride)
        changes++
        commit(n - (toIndex - fromIndex))
    }

    // ---- reading and writing one ----

    /** Runs [action] with the bytes and the offset of the primitive at [index], which has `1 shl shift` bytes. */
    internal inline fun <R> at(index: Long, shift: Int, action: (MemorySegment, Long) -> R): R = try {
        val offset = HEADER_BYTES + (checked(index) shl shift)
        action(raw, offset)
    } catch (failure: RuntimeException) {
        throw explained(failure, index)
    }

    /** The same for elements of [width] bytes from [start] on. */
    internal inline fun <R> placed(index: Long, width: Long, start: Long, action: (MemorySegment, Long) -> R): R = try {
        val offset = start + checked(index) * width
        action(raw, offset)
    } catch (failure: RuntimeException) {
        throw explained(failure, index)
    }

    /** [index], if there is such an element; the check is one that C2 moves out of loops. */
    internal fun checked(index: Long): Long {
        if (count < 0) revive()
        return Objects.checkIndex(index, count)
    }

    /** Adds a primitive of `1 shl shift` bytes at the end, which [write] writes. */
    internal inline fun append(shift: Int, write: (MemorySegment, Long) -> Unit) {
        val n = if (count < room) count else roomForOne()
        try {
            val raw = raw
            write(raw, HEADER_BYTES + (n shl shift))
            Values.LONG.set(raw, COUNT_AT, n + 1)
        } catch (failure: RuntimeException) {
            throw explained(failure, n)
        }
        count = n + 1
    }

    /** Takes the last primitive of `1 shl shift` bytes away, which [read] reads. */
    internal inline fun <R> takeLast(shift: Int, read: (MemorySegment, Long) -> R): R {
        val n = (if (count > 0) count else someOrRefuse()) - 1
        val value = try {
            val raw = raw
            read(raw, HEADER_BYTES + (n shl shift)).also { Values.LONG.set(raw, COUNT_AT, n) }
        } catch (failure: RuntimeException) {
            throw explained(failure, n)
        }
        count = n
        changes++
        return value
    }

    /** Runs [read] with the bytes and the offset of the last primitive of `1 shl shift` bytes. */
    internal inline fun <R> last(shift: Int, read: (MemorySegment, Long) -> R): R {
        val n = if (count > 0) count else someOrRefuse()
        return at(n - 1, shift, read)
    }

    // ---- room ----

    /** Makes room for one more, and returns how many there are. */
    internal fun roomForOne(): Long {
        val n = size
        grow(sumOf(n, 1))
        return n
    }

    /** Makes room for [least] elements, and, where that takes another block, for more. */
    internal fun grow(least: Long) {
        requireOpen()
        if (least <= room) return
        // At once as many as a line of the cache holds; then always enough that growing costs little in all.
        val before = block.size
        val more = if (before < DOUBLES_BELOW) before else before / 2
        val ample = maxOf(bytesFor(least), start + HEADER_BYTES, before + more)
        resizeTo(maxOf(least, (minOf(ample, manager.maxAllocation) - start) / stride))
    }

    /** Gives the block room for [capacity] elements, which is not less than there are. */
    private fun resizeTo(capacity: Long) {
        val before = room
        changes++
        // The header must never speak of more room than there is, not even when the view is refused afterwards.
        if (capacity < before) writeLong(raw, CAPACITY_AT, capacity)
        try {
            resizeBlock(bytesFor(capacity))
        } catch (failure: Throwable) {
            if (room in 0..<before && bytesFor(before) <= block.size) setRoom(before)
            throw failure
        }
        setRoom(capacity)
    }

    private fun setRoom(capacity: Long) {
        room = capacity
        writeLong(raw, CAPACITY_AT, capacity)
    }

    internal fun bytesFor(capacity: Long): Long = sumOf(start, bytesOf(capacity, stride))

    internal fun offsetOf(index: Long): Long = start + index * stride

    /** From now on there are [n] elements. */
    internal fun commit(n: Long) {
        guarded { writeLong(raw, COUNT_AT, n) }
        count = n
    }

    internal override fun load(raw: MemorySegment) {
        room = readLong(raw, CAPACITY_AT)
        count = readLong(raw, COUNT_AT)
    }

    internal override fun unload() {
        room = -1
    }
}

/** Where the elements of [type] begin in a block. */
internal fun startOf(type: ElementType<*>): Long = maxOf(HEADER_BYTES, type.alignment)

/** A block of [manager] for [capacity] elements of [type], with the header of an empty array of the kind [kind]. */
internal fun newArray(kind: Int, version: Int, type: ElementType<*>, manager: MemoryManager, capacity: Long): Block {
    if (capacity < 0) throw noSuchCapacity("A collection of ${nameOf(type)} from manager '${manager.name}'", capacity)
    val start = startOf(type)
    val block = manager.allocate(sumOf(start, bytesOf(capacity, type.byteSize)), start)
    try {
        block.withSegment {
            writeHeader(it.raw, HEADER_BYTES, kind, version, type)
            writeLong(it.raw, CAPACITY_AT, capacity)
        }
        return block
    } catch (failure: Throwable) {
        block.close()
        throw failure
    }
}

/** Refuses [block] unless it holds an array of the kind [kind] with elements of [type]. */
internal fun checkArray(block: Block, kind: Int, version: Int, type: ElementType<*>, what: String) {
    val start = startOf(type)
    checkAlignment(block, type.alignment, what)
    block.withSegment {
        checkHeader(block, it.raw, HEADER_BYTES, kind, version, type)
        val count = readLong(it.raw, COUNT_AT)
        val capacity = readLong(it.raw, CAPACITY_AT)
        if (count !in 0..capacity || sumOf(start, bytesOf(capacity, type.byteSize)) > it.size) {
            throw damagedHeader(block, what)
        }
    }
}
