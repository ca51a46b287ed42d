@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.Objects

/**
 * A queue off the heap, first in first out: what `ArrayDeque` is when it is used as one, for primitives and structs.
 *
 * Extensions add, take and look at elements of each type: `add` at the tail, `remove` and `peek` at the head, `get` and
 * `set` by index, which counts from the head. To Java they are static methods of `OffHeap`, with the type in the name:
 * `OffHeap.addLong(queue, 42)`.
 *
 * The elements lie in a ring, whose capacity is a power of two.
 *
 * **Ownership, growth, threads, cost.** See [OffHeapCollection]. An element is added in constant time on average, and
 * removed at the head in constant time; to remove one elsewhere moves those on its shorter side.
 */
public class OffHeapQueue<E> private constructor(type: ElementType<E>, block: Block) : OffHeapElements<E>(type, block) {
    // The header has two counters that only grow, of what was ever added and ever removed: so adding and removing write
    // one word each, and a queue whose process is killed between two stores has the element or has it not.

    @JvmField internal val start: Long = startOf(type)

    /** How many elements were ever removed, or an equivalent number: the place of the head is its rest by [room]. */
    @JvmField internal var head: Long = 0

    /** How many elements there is room for, a power of two or 0; -1 while the block's bytes are not at hand. */
    @JvmField internal var room: Long = -1

    override val kindName: String get() = "queue of ${nameOf(type)}"

    override val capacity: Long get() {
        requireOpen()
        return room
    }

    @PublishedApi
    internal override val runs: Int get() = if (size > untilEnd()) 2 else 1

    @PublishedApi
    internal override fun run(number: Int): MemorySegment {
        val first = minOf(size, untilEnd())
        return if (number == 0) part(placeOf(0), first) else part(0, count - first)
    }

    private fun part(place: Long, elements: Long) = raw.asSlice(start + place * stride, elements * stride)

    // How many places there are from the head to the end of the ring.
    private fun untilEnd() = room - placeOf(0)

    /** Which place of the ring the element at [index] has. */
    private fun placeOf(index: Long) = (head + index) and (room - 1)

    internal override fun element(index: Long): MemorySegment =
        placed(index, stride, start) { raw, at -> raw.asSlice(at, stride) }

    override fun reserve(capacity: Long) {
        requireCapacity(capacity)
        if (capacity > room) growTo(capacity)
    }

    override fun shrink() {
        val n = size
        val least = if (n == 0L) 0 else powerOfTwo(n)
        if (least >= room) return
        val fresh = newQueue(type, manager, least)
        val view = viewOf(fresh) {
            copyBytes(it, start, 0, n)
            writeLong(it, TAIL_AT, n)
        }
        replaceBlock(fresh, view) { }
    }

    override fun clear(): Unit = drop(size)

    /**
     * Takes the [count] elements at the head away.
     *
     * @throws ElementBoundsException when there are not as many, or [count] is negative; nothing is changed
     */
    @JvmOverloads
    public fun drop(count: Long = 1) {
        requireRange(0, count)
        val next = head + count
        guarded { writeLong(raw, HEAD_AT, next) }
        head = next
        this.count -= count
        changes++
    }

    /**
     * Adds an element of zeros at the tail, and returns its index.
     *
     * @throws MemoryExhaustedException when a limit or the system stops it; the queue is as it was
     */
    @IgnorableReturnValue
    public fun addZeroed(): Long {
        val n = roomForOne()
        Segment.of(part(placeOf(n), 1)).zero()
        commit(n + 1)
        return n
    }

    /**
     * Removes the elements from [fromIndex] up to [toIndex], which is not part of it.
     *
     * @throws ElementBoundsException when there are no such elements; nothing is removed
     */
    public fun removeRange(fromIndex: Long, toIndex: Long) {
        requireRange(fromIndex, toIndex)
        val gone = toIndex - fromIndex
        if (gone == 0L) return
        val n = count
        if (fromIndex < n - toIndex) {
            moveUp(fromIndex, gone)
            drop(gone)
        } else {
            moveDown(toIndex, n, gone)
            commit(n - gone)
            changes++
        }
    }

    /** Removes the element at [index], which must be there. */
    internal fun removeElement(index: Long) {
        if (index < 0 || index >= size) throw noSuchElement(describe(), index, size)
        removeRange(index, index + 1)
    }

    /** Removes the element at [index] unless that is -1, and returns whether it did. */
    internal fun removeFound(index: Long): Boolean {
        if (index >= 0) removeRange(index, index + 1)
        return index >= 0
    }

    // Moves the first [n] elements by [distance] places towards the tail, in pieces that do not cross the end.
    private fun moveUp(n: Long, distance: Long) {
        var left = n
        while (left > 0) {
            val piece = minOf(left, placeOf(left - 1) + 1, placeOf(left - 1 + distance) + 1)
            left -= piece
            movePiece(left, left + distance, piece)
        }
    }

    // Moves the elements from [from] up to [to] by [distance] places towards the head.
    private fun moveDown(from: Long, to: Long, distance: Long) {
        var next = from
        while (next < to) {
            val piece = minOf(to - next, room - placeOf(next), room - placeOf(next - distance))
            movePiece(next, next - distance, piece)
            next += piece
        }
    }

    private fun movePiece(from: Long, to: Long, elements: Long) =
        copy(raw, start + placeOf(from) * stride, raw, start + placeOf(to) * stride, elements * stride)

    /** Adds [element], which may be one of this queue's own. */
    internal fun addElement(element: MemorySegment) {
        requireElement(element)
        if (size < room) {
            copy(element, 0, raw, start + placeOf(count) * stride, stride)
        } else {
            // Growing moves the elements within the ring, and the view of one away from it.
            val own = ownOffset(element) >= 0
            val settled = if (own) MemorySegment.ofArray(element.toArray(JAVA_BYTE)) else element
            val n = roomForOne()
            copy(settled, 0, raw, start + placeOf(n) * stride, stride)
        }
        commit(count + 1)
    }

    // ---- reading and writing one ----

    /** Runs [action] with the bytes and the offset of the primitive at [index], which has `1 shl shift` bytes. */
    internal inline fun <R> at(index: Long, shift: Int, action: (MemorySegment, Long) -> R): R = try {
        val from = checked(index)
        val offset = HEADER_BYTES + ((head + from and (room - 1)) shl shift)
        action(raw, offset)
    } catch (failure: RuntimeException) {
        throw explained(failure, index)
    }

    private inline fun <R> placed(index: Long, width: Long, start: Long, action: (MemorySegment, Long) -> R): R = try {
        val offset = start + placeOf(checked(index)) * width
        action(raw, offset)
    } catch (failure: RuntimeException) {
        throw explained(failure, index)
    }

    internal fun checked(index: Long): Long {
        if (count < 0) revive()
        return Objects.checkIndex(index, count)
    }

    /** Adds a primitive of `1 shl shift` bytes at the tail, which [write] writes. */
    internal inline fun append(shift: Int, write: (MemorySegment, Long) -> Unit) {
        val n = if (count < room) count else roomForOne()
        val tail = head + n
        try {
            val raw = raw
            write(raw, HEADER_BYTES + ((tail and (room - 1)) shl shift))
            Values.LONG.set(raw, TAIL_AT, tail + 1)
        } catch (failure: RuntimeException) {
            throw explained(failure, n)
        }
        count = n + 1
    }

    /** Takes the primitive of `1 shl shift` bytes at the head away, which [read] reads. */
    internal inline fun <R> takeFirst(shift: Int, read: (MemorySegment, Long) -> R): R {
        val n = if (count > 0) count else someOrRefuse()
        val head = head
        val value = try {
            val raw = raw
            read(raw, HEADER_BYTES + ((head and (room - 1)) shl shift)).also { Values.LONG.set(raw, HEAD_AT, head + 1) }
        } catch (failure: RuntimeException) {
            throw explained(failure, 0)
        }
        this.head = head + 1
        count = n - 1
        changes++
        return value
    }

    /** Runs [read] with the bytes and the offset of the primitive of `1 shl shift` bytes at the head. */
    internal inline fun <R> first(shift: Int, read: (MemorySegment, Long) -> R): R {
        if (count <= 0) requireSome()
        return at(0, shift, read)
    }

    internal fun requireSome() {
        val _ = someOrRefuse()
    }

    // ---- room ----

    /** Makes room for one more, and returns how many there are. */
    internal fun roomForOne(): Long {
        val n = size
        if (n == room) growTo(maxOf(n + 1, minOf(LEAST_BYTES / stride, LEAST_ROOM)))
        return n
    }

    // The ring is longer then, and what had gone round its end has its place behind the old end, or all of it has. It is
    // copied there, where nothing lies; only then is the room counted, so that until then everything is where it was.
    private fun growTo(capacity: Long) {
        val larger = powerOfTwo(capacity)
        changes++
        resizeBlock(sumOf(start, bytesOf(larger, stride)))
        val first = minOf(count, untilEnd())
        moveTo(larger, 0, first)
        moveTo(larger, first, count - first)
        room = larger
        writeLong(raw, CAPACITY_AT, larger)
    }

    // Copies [elements] from [index] on, which lie in one run, to their places in a ring of [larger] places.
    private fun moveTo(larger: Long, index: Long, elements: Long) {
        val from = placeOf(index)
        val to = (head + index) and (larger - 1)
        if (from != to) copy(raw, start + from * stride, raw, start + to * stride, elements * stride)
    }

    /** From now on there are [n] elements, counted from the same head. */
    private fun commit(n: Long) {
        guarded { writeLong(raw, TAIL_AT, head + n) }
        count = n
    }

    internal override fun load(raw: MemorySegment) {
        room = readLong(raw, CAPACITY_AT)
        head = readLong(raw, HEAD_AT)
        count = readLong(raw, TAIL_AT) - head
    }

    internal override fun unload() {
        room = -1
    }

    /** Makes queues, and opens them again. */
    public companion object {
        private const val VERSION = 1
        private const val LEAST_BYTES = 64L
        private const val LEAST_ROOM = 16L

        /** Where the header has how many were ever added: what other kinds have their number in. */
        internal const val TAIL_AT: Long = COUNT_AT

        /** Where the header has how many were ever removed. */
        internal const val HEAD_AT: Long = MORE_AT

        /**
         * Makes an empty queue of elements of [type] whose block is [manager]'s, by default the process's own, with
         * room for [capacity] of them: `OffHeapQueue(ElementType.LONG)`. The caller closes it.
         *
         * @throws ElementBoundsException when [capacity] is negative
         * @throws InvalidSizeException when no block of the manager can have as many bytes
         * @throws MemoryExhaustedException when a limit or the system stops it
         * @throws ManagerClosedException when the manager is closed
         */
        @JvmSynthetic
        public operator fun <E> invoke(
            type: ElementType<E>,
            manager: MemoryManager = MemoryManager.system(),
            capacity: Long = 0,
        ): OffHeapQueue<E> = of(type, manager, capacity)

        /** Makes an empty queue, for Java: as [OffHeapQueue] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun <E> of(type: ElementType<E>, manager: MemoryManager, capacity: Long = 0): OffHeapQueue<E> {
            val room = if (capacity <= 0) capacity else powerOfTwo(capacity)
            return attached(newQueue(type, manager, room)) { OffHeapQueue(type, it) }
        }

        private fun newQueue(type: ElementType<*>, manager: MemoryManager, room: Long): Block =
            newArray(QUEUE_KIND, VERSION, type, manager, room)

        /**
         * The queue whose bytes are in [block], wherever they lay when it was made. The block is the queue's from then
         * on; where it is refused, it stays the caller's.
         *
         * @throws ElementLayoutException when it holds anything but a queue of elements of [type] of this version
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        public fun <E> open(type: ElementType<E>, block: Block): OffHeapQueue<E> {
            checkAlignment(block, type.alignment, "queue")
            block.withSegment { check(block, it.raw, type) }
            return OffHeapQueue(type, block).also { it.attach() }
        }

        private fun check(block: Block, raw: MemorySegment, type: ElementType<*>) {
            checkHeader(block, raw, HEADER_BYTES, QUEUE_KIND, VERSION, type)
            val room = readLong(raw, CAPACITY_AT)
            val head = readLong(raw, HEAD_AT)
            val fits = room >= 0 && room and (room - 1) == 0L &&
                sumOf(startOf(type), bytesOf(room, type.byteSize)) <= raw.byteSize()
            if (!fits || head < 0 || readLong(raw, TAIL_AT) - head !in 0..room) throw damagedHeader(block, "queue")
        }
    }
}

/** The smallest power of two that is not below [value], or [Long.MAX_VALUE] where a long has none. */
internal fun powerOfTwo(value: Long): Long {
    val floor = java.lang.Long.highestOneBit(value)
    return if (floor == value) value else floor.shl(1).let { if (it > 0) it else Long.MAX_VALUE }
}
