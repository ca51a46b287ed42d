package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/**
 * A list off the heap: what `ArrayList` is, for primitives and structs.
 *
 * ```
 * OffHeapList(ElementType.LONG, manager).use { list ->
 *     list.add(42)
 *     list[0] += 1L
 *     list.forEach { println(it) }
 * }
 * ```
 *
 * Extensions read and write elements of each type: `add`, `get`, `set`, `insert`, `removeAt`, `remove`, `indexOf` and
 * more. To Java they are static methods of `OffHeap`, with the type in the name: `OffHeap.addLong(list, 42)`.
 *
 * **Ownership, growth, threads, cost.** See [OffHeapCollection]. An element is added in constant time on average; to
 * insert or remove one moves those behind it.
 */
public class OffHeapList<E> private constructor(type: ElementType<E>, block: Block) : OffHeapArray<E>(type, block) {
    override val kindName: String get() = "list of ${nameOf(type)}"

    /**
     * Removes the elements from [fromIndex] up to [toIndex], which is not part of it; those behind them move up.
     *
     * @throws ElementBoundsException when there are no such elements; nothing is removed
     */
    public fun removeRange(fromIndex: Long, toIndex: Long): Unit = removeBetween(fromIndex, toIndex)

    /**
     * Adds [count] elements of zeros at the end, and returns the index of the first of them.
     *
     * @throws ElementBoundsException when [count] is negative
     * @throws MemoryExhaustedException when a limit or the system stops it; the list is as it was
     */
    @JvmOverloads
    @IgnorableReturnValue
    public fun addZeroed(count: Long = 1): Long = size.also { insertZeroed(it, count) }

    /**
     * Inserts [count] elements of zeros before the one at [index], or at the end where that is the list's size.
     *
     * @throws ElementBoundsException when [index] is outside of the list, or [count] is negative
     * @throws MemoryExhaustedException when a limit or the system stops it; the list is as it was
     */
    @JvmOverloads
    public fun insertZeroed(index: Long, count: Long = 1) {
        openGap(index, count)
        Segment.of(raw.asSlice(offsetOf(index), count * stride)).zero()
        closeGap(count)
    }

    /**
     * Adds all elements of [other], which may be this list, at the end.
     *
     * @throws ElementLayoutException when its elements have another size
     * @throws MemoryExhaustedException when a limit or the system stops it; the list is as it was
     */
    public fun addAll(other: OffHeapElements<E>) {
        val more = other.size
        if (other.stride != stride) throw wrongElement(describe(), other.stride, stride)
        openGap(size, more)
        other.copyBytes(raw, offsetOf(count), 0, more)
        closeGap(more)
    }

    /**
     * Adds the elements whose bytes are in [elements], which may be a view of this list, at the end.
     *
     * @throws ElementLayoutException when that is no whole number of elements
     * @throws MemoryExhaustedException when a limit or the system stops it; the list is as it was
     */
    @JvmSynthetic
    public fun addAll(elements: Segment): Unit = addBytes(elements.raw)

    internal fun addBytes(elements: MemorySegment) {
        val length = elements.byteSize()
        if (length % stride != 0L) throw noWholeElements(describe(), length, stride)
        val own = ownOffset(elements)
        openGap(size, length / stride)
        copy(moved(elements, own), 0, raw, offsetOf(count), length)
        closeGap(length / stride)
    }

    /** Inserts [element], which may be one of this list's own, before the one at [index]. */
    internal fun insertElement(index: Long, element: MemorySegment) {
        requireElement(element)
        requirePosition(index)
        // The gap would move an element of this list away from its own view.
        val own = ownOffset(element) >= 0
        val settled = if (own) MemorySegment.ofArray(element.toArray(JAVA_BYTE)) else element
        openGap(index, 1)
        copy(settled, 0, raw, offsetOf(index), stride)
        closeGap(1)
    }

    /** Inserts a primitive of `1 shl shift` bytes, which [write] writes, before the one at [index]. */
    internal inline fun insert(index: Long, shift: Int, write: (MemorySegment, Long) -> Unit) {
        openGap(index, 1)
        write(raw, HEADER_BYTES + (index shl shift))
        closeGap(1)
    }

    /** Removes the element at [index], which must be there. */
    internal fun removeElement(index: Long) {
        if (index < 0 || index >= size) throw noSuchElement(describe(), index, size)
        removeBetween(index, index + 1)
    }

    /** Removes the element at [index] unless that is -1, and returns whether it did. */
    internal fun removeFound(index: Long): Boolean {
        if (index >= 0) removeBetween(index, index + 1)
        return index >= 0
    }

    private fun requirePosition(index: Long) {
        val n = size
        if (index < 0 || index > n) throw noSuchPosition(describe(), index, n)
    }

    /** Makes room for [more] elements at [index] and moves those from there on behind it; they do not count yet. */
    internal fun openGap(index: Long, more: Long) {
        requirePosition(index)
        if (more < 0) throw noSuchCapacity(describe(), more)
        val n = count
        grow(sumOf(n, more))
        copy(raw, offsetOf(index), raw, offsetOf(index + more), (n - index) * stride)
    }

    /** Counts the [more] elements for which [openGap] made room. */
    internal fun closeGap(more: Long) {
        changes++
        commit(count + more)
    }

    /** Makes lists, and opens them again. */
    public companion object {
        private const val VERSION = 1

        /**
         * Makes an empty list of elements of [type] whose block is [manager]'s, by default the process's own, with room
         * for [capacity] of them: `OffHeapList(ElementType.LONG)`. The caller closes it.
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
        ): OffHeapList<E> = of(type, manager, capacity)

        /** Makes an empty list, for Java: as [OffHeapList] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun <E> of(type: ElementType<E>, manager: MemoryManager, capacity: Long = 0): OffHeapList<E> =
            attached(newArray(LIST_KIND, VERSION, type, manager, capacity)) { OffHeapList(type, it) }

        /**
         * The list whose bytes are in [block], wherever they lay when it was made. The block is the list's from then
         * on; where it is refused, it stays the caller's.
         *
         * @throws ElementLayoutException when it holds anything but a list of elements of [type] of this version
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        public fun <E> open(type: ElementType<E>, block: Block): OffHeapList<E> {
            checkArray(block, LIST_KIND, VERSION, type, "list")
            return OffHeapList(type, block).also { it.attach() }
        }
    }
}
