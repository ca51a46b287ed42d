package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.typed.Holders
import dev.leasehold.memory.internal.typed.Phase
import dev.leasehold.memory.internal.typed.Tenure
import java.lang.foreign.MemorySegment

/**
 * Typed memory with several owners, of whom the last frees it. From [UniqueBuffer.share], or by [adopt]; each [copy] is
 * one more owner, and an object of its own.
 *
 * **Ownership.** Each holder of a copy closes that copy. To close one twice takes nothing from the others.
 * **Threads, views.** As [TypedBuffer]. A view that was taken through one copy lives until the last is closed.
 * **Cost.** [copy] and close are some ten nanoseconds each: one atomic operation on a count that all copies share.
 */
public class SharedBuffer<E> internal constructor(internal val tenure: Tenure<ElementType<E>>) : TypedBuffer<E> {
    private val holders: Holders = tenure.holders!!

    override val type: ElementType<E> get() = tenure.type
    override val count: Long get() = tenure.count
    override val location: MemoryLocation get() = locationOf(tenure.home)
    override val isClosed: Boolean get() = tenure.isOver

    /** How many owners the memory has: a moment's truth, for diagnosis. 0 when it is gone. */
    public val ownerCount: Int get() = holders.count

    override fun asMemorySegment(): MemorySegment = tenure.view() ?: refuse(this, "used")

    /**
     * One more owner of the same memory, which its holder closes.
     *
     * @throws TypedMemoryClosedException when this copy is closed
     */
    public fun copy(): SharedBuffer<E> {
        val memory = tenure.memory ?: refuse(this, "copied")
        val next = SharedBuffer(Tenure(type, count, memory, holders))
        if (!holders.join()) refuse(this, "copied")
        return next
    }

    /**
     * Detaches the memory without freeing it, if this is its only owner. **From here on no buffer owns it: the holder
     * of the result must free it, or let a buffer adopt it.** Views stay good until then.
     *
     * @return null, and nothing has changed, when there are other owners
     * @throws TypedMemoryClosedException when this copy is closed
     */
    public fun release(): ReleasedBuffer<E>? {
        val next = Tenure(type)
        val released = ReleasedBuffer(next)
        val passed = tenure.passAloneTo(next, Phase.RELEASED) ?: return null
        return if (passed) released else refuse(this, "released")
    }

    override fun close() {
        val _ = tenure.end(Phase.CLOSED)
    }

    /** How many elements, bytes and owners there are, where they lie, and what became of them, for logs. */
    override fun toString(): String =
        describe("SharedBuffer", tenure, byteSize, location, ", ${counted(ownerCount.toLong(), "owner")}")

    /** Makes buffers of memory that is there already. */
    public companion object {
        /**
         * Lets a buffer that can be shared own again what was [released]. Nobody has to free it any more but the
         * holders of this buffer and its copies.
         *
         * @throws TypedMemoryClosedException when it has been freed, or adopted already
         */
        @JvmStatic
        public fun <E> adopt(released: ReleasedBuffer<E>): SharedBuffer<E> {
            val next = Tenure(released.type, holders = Holders())
            val adopted = SharedBuffer(next)
            released.passTo(next)
            return adopted
        }
    }
}
