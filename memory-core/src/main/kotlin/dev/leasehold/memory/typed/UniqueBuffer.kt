package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.typed.AdoptedMemory
import dev.leasehold.memory.internal.typed.HeldMemory
import dev.leasehold.memory.internal.typed.Holders
import dev.leasehold.memory.internal.typed.Phase
import dev.leasehold.memory.internal.typed.Tenure
import java.lang.foreign.MemorySegment

/**
 * Typed memory with exactly one owner. It passes to another buffer by [move], [share], [release], [swap] or [reset],
 * and never belongs to two: the buffer that gave it away refuses from then on, and says why.
 *
 * **Ownership.** Its holder closes it. Threads that race for the memory get it once: one of them closes it or has it,
 * the others find a buffer without memory.
 * **Threads, views.** As [TypedBuffer].
 * **Zeroed.** Only memory from `allocateZeroedBuffer`.
 * **Cost.** Moving is some ten nanoseconds and one small object.
 */
public class UniqueBuffer<E> internal constructor(internal val tenure: Tenure<ElementType<E>>) : TypedBuffer<E> {
    override val type: ElementType<E> get() = tenure.type
    override val count: Long get() = tenure.count
    override val location: MemoryLocation get() = locationOf(tenure.home)
    override val isClosed: Boolean get() = tenure.isOver

    override fun asMemorySegment(): MemorySegment = tenure.view() ?: refuse(this, "used")

    /**
     * A new buffer that owns the memory from here on. This one refuses from then on, and closing it does nothing. Views
     * stay good.
     *
     * @throws TypedMemoryClosedException when this buffer has no memory any more
     */
    public fun move(): UniqueBuffer<E> {
        val next = Tenure(type)
        val moved = UniqueBuffer(next)
        if (!tenure.passTo(next, Phase.MOVED)) refuse(this, "moved")
        return moved
    }

    /**
     * A buffer that shares the memory with the copies that are made of it. This one refuses from then on, and closing
     * it does nothing. Views stay good.
     *
     * @throws TypedMemoryClosedException when this buffer has no memory any more
     */
    public fun share(): SharedBuffer<E> {
        val next = Tenure(type, holders = Holders())
        val shared = SharedBuffer(next)
        if (!tenure.passTo(next, Phase.SHARED)) refuse(this, "shared")
        return shared
    }

    /**
     * Detaches the memory without freeing it. **From here on no buffer owns it: the holder of the result must free it,
     * or let a buffer adopt it.** Views stay good until then.
     *
     * @throws TypedMemoryClosedException when this buffer has no memory any more
     */
    public fun release(): ReleasedBuffer<E> {
        val next = Tenure(type)
        val released = ReleasedBuffer(next)
        if (!tenure.passTo(next, Phase.RELEASED)) refuse(this, "released")
        return released
    }

    /**
     * Frees what this buffer owns, if anything, and lets it own what [from] does; [from] has been moved from then. With
     * itself it does nothing.
     *
     * @throws TypedMemoryClosedException when [from] has no memory any more; nothing has changed
     * @throws MemoryBusyException while a native call or an input/output operation uses a view of this buffer that has
     *   to be cut off now; nothing has changed
     */
    public fun reset(from: UniqueBuffer<E>) {
        if (!tenure.replaceBy(from.tenure)) refuse(from, "moved")
    }

    /**
     * Lets each of the two buffers own what the other does.
     *
     * @throws TypedMemoryClosedException when one of them has no memory any more; nothing has changed
     */
    public fun swap(other: UniqueBuffer<E>) {
        val over = tenure.swap(other.tenure) ?: return
        refuse(if (over === tenure) this else other, "swapped")
    }

    override fun close() {
        val _ = tenure.end(Phase.CLOSED)
    }

    /** How many elements and bytes there are, where they lie, and what became of them, for logs. */
    override fun toString(): String = describe("UniqueBuffer", tenure, byteSize, location)

    /** Makes buffers of memory that is there already. */
    public companion object {
        /**
         * Lets a buffer own [memorySegment], native memory from elsewhere, which [action] gives back: see
         * [ReleaseAction].
         *
         * **Ownership.** The memory is the buffer's from here on, and nothing else may free it. When this throws it is
         * the caller's as before, and [action] has not run.
         * **Views.** Memory without an arena, such as a native library's, gets one at the first view; to close it costs
         * tens of microseconds. Memory with an arena keeps that, and all its rules: views of a confined one stay with
         * its thread.
         *
         * @throws ElementLayoutException when [memorySegment] is an array's, does not lie at a multiple of the type's
         *   alignment, or holds no whole number of elements
         * @throws TypedMemoryClosedException when its arena has been closed
         */
        @JvmStatic
        public fun <E> adopt(
            type: ElementType<E>,
            memorySegment: MemorySegment,
            action: ReleaseAction,
        ): UniqueBuffer<E> {
            val count = elementsIn(type, memorySegment)
            return UniqueBuffer(Tenure(type, count, AdoptedMemory(memorySegment, action::release)))
        }

        /**
         * Lets a buffer own the caller's reference to [block], and with it the block. Go on with the buffer alone: do
         * not close or resize the block. When this throws the reference is the caller's as before.
         *
         * @throws ElementLayoutException when it does not lie at a multiple of the type's alignment, or holds no whole
         *   number of elements
         * @throws TypedMemoryClosedException when the block is closed
         */
        @JvmStatic
        public fun <E> adopt(type: ElementType<E>, block: Block): UniqueBuffer<E> {
            if (block.isClosed) throw endedAlready("$block", "block")
            val count = elementsIn(type, block.address, block.size, block.toString())
            return UniqueBuffer(Tenure(type, count, HeldMemory(block, block.manager.home)))
        }

        /**
         * Lets a buffer own [lease]. Go on with the buffer alone: do not close or transfer the lease. When this throws
         * the lease is the caller's as before.
         *
         * @throws ElementLayoutException when it does not lie at a multiple of the type's alignment, or holds no whole
         *   number of elements
         * @throws TypedMemoryClosedException when the lease is closed
         */
        @JvmStatic
        public fun <E> adopt(type: ElementType<E>, lease: SharedLease): UniqueBuffer<E> {
            if (lease.isClosed) throw endedAlready("$lease", "lease")
            val count = elementsIn(type, lease.address, lease.size, lease.toString())
            return UniqueBuffer(Tenure(type, count, HeldMemory(lease, PageHome.PROCESS)))
        }

        /**
         * Lets a buffer own again what was [released]. Nobody has to free it any more but this buffer's holder.
         *
         * @throws TypedMemoryClosedException when it has been freed, or adopted already
         */
        @JvmStatic
        public fun <E> adopt(released: ReleasedBuffer<E>): UniqueBuffer<E> {
            val next = Tenure(released.type)
            val adopted = UniqueBuffer(next)
            released.passTo(next)
            return adopted
        }
    }
}
