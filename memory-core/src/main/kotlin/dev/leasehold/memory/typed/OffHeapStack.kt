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

/**
 * A stack off the heap: what `Stack` is, for primitives and structs.
 *
 * Extensions push, pop and look at elements of each type: `push`, `pop`, `peek`. Index 0 is the bottom, as in `Stack`,
 * and iteration begins there; the top has the index `size - 1`. To Java they are static methods of `OffHeap`, with the
 * type in the name: `OffHeap.pushLong(stack, 42)`.
 *
 * **Ownership, growth, threads, cost.** See [OffHeapCollection]. An element is pushed in constant time on average.
 */
public class OffHeapStack<E> private constructor(type: ElementType<E>, block: Block) : OffHeapArray<E>(type, block) {
    override val kindName: String get() = "stack of ${nameOf(type)}"

    /**
     * Pushes an element of zeros, and returns its index.
     *
     * @throws MemoryExhaustedException when a limit or the system stops it; the stack is as it was
     */
    @IgnorableReturnValue
    public fun pushZeroed(): Long {
        val n = roomForOne()
        Segment.of(raw.asSlice(offsetOf(n), stride)).zero()
        commit(n + 1)
        return n
    }

    /**
     * Takes the [count] topmost elements away.
     *
     * @throws ElementBoundsException when there are not as many, or [count] is negative; nothing is changed
     */
    @JvmOverloads
    public fun drop(count: Long = 1) {
        val n = size
        if (count < 0 || count > n) throw noSuchRange(describe(), n - count, n, n)
        removeBetween(n - count, n)
    }

    /** Pushes [element], which may be one of this stack's own. */
    internal fun pushElement(element: MemorySegment) {
        requireElement(element)
        val own = ownOffset(element)
        val n = roomForOne()
        copy(moved(element, own), 0, raw, offsetOf(n), stride)
        commit(n + 1)
    }

    /** Makes stacks, and opens them again. */
    public companion object {
        private const val VERSION = 1

        /**
         * Makes an empty stack of elements of [type] whose block is [manager]'s, by default the process's own, with
         * room for [capacity] of them: `OffHeapStack(ElementType.LONG)`. The caller closes it.
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
        ): OffHeapStack<E> = of(type, manager, capacity)

        /** Makes an empty stack, for Java: as [OffHeapStack] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun <E> of(type: ElementType<E>, manager: MemoryManager, capacity: Long = 0): OffHeapStack<E> =
            attached(newArray(STACK_KIND, VERSION, type, manager, capacity)) { OffHeapStack(type, it) }

        /**
         * The stack whose bytes are in [block], wherever they lay when it was made. The block is the stack's from then
         * on; where it is refused, it stays the caller's.
         *
         * @throws ElementLayoutException when it holds anything but a stack of elements of [type] of this version
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        public fun <E> open(type: ElementType<E>, block: Block): OffHeapStack<E> {
            checkArray(block, STACK_KIND, VERSION, type, "stack")
            return OffHeapStack(type, block).also { it.attach() }
        }
    }
}
