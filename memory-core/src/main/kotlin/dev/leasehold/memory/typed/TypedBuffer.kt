package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

/**
 * Off-heap memory with a number of elements of one type, and an owner: [UniqueBuffer] has one, [SharedBuffer] several.
 *
 * | way in | from |
 * |---|---|
 * | `manager.allocateBuffer(type, count)` | a manager |
 * | `pool.rentBuffer(type, count)`, `fixedPool.rentBuffer(type)` | a pool |
 * | [UniqueBuffer.adopt] | a block, a shared lease, memory from elsewhere, a [ReleasedBuffer] |
 *
 * The elements are reached through `buffer.elements`, one by one through `buffer[index]`, and all bytes through [view].
 * [E] is a mark for the compiler: no element is boxed into it. Code that is generic over [E] can own, move, count and
 * copy; it cannot read an element.
 *
 * **Ownership.** The holder closes it, once or more often; what was moved, shared or released is closed by its new
 * holder. Nothing is freed by the garbage collector.
 * **Threads.** Any may use and close it; of calls that race the memory has one end. Elements are accessed plainly: what
 * one thread writes another sees after a hand-over (a queue, a lock, a started thread).
 * **Views** live as long as the memory is owned, by this or another. Used after that they throw, or, for a while,
 * still read memory that is nobody else's. Memory that was adopted with an arena of its own is the exception: its views
 * end with that arena, so let the release action close it.
 * **Cost.** [view] is a few nanoseconds, an access through it that of the same memory without a buffer: take
 * `elements` once before a loop. A view kept from memory of a manager or a pool makes the close dearer: see
 * [MemoryHolder.keptSegment][dev.leasehold.memory.MemoryHolder.keptSegment].
 */
public sealed interface TypedBuffer<E> : AutoCloseable {
    /** What the elements are. */
    public val type: ElementType<E>

    /** How many elements there are; when the buffer has none any more, how many there were. */
    public val count: Long

    /** How many bytes the elements have together. */
    public val byteSize: Long get() = count * type.byteSize

    /** Where they lie. */
    public val location: MemoryLocation

    /** Whether the buffer has no memory any more: it was closed, or that has another holder. A moment's truth. */
    public val isClosed: Boolean

    /**
     * All bytes, as a view that may be kept and used on any thread while the memory is owned.
     *
     * @throws TypedMemoryClosedException when this buffer has no memory any more; the message says what became of it
     */
    @JvmSynthetic
    public fun view(): Segment = Segment.of(asMemorySegment())

    /**
     * [view] as the platform's type: the named crossing, and what Java uses.
     *
     * @throws TypedMemoryClosedException when this buffer has no memory any more; the message says what became of it
     */
    public fun asMemorySegment(): MemorySegment

    /**
     * Gives up what this buffer owns; the last owner frees the memory. Does nothing when it has no memory any more.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view that has to be cut off
     *   now; the buffer stays open, so close it again afterwards
     */
    override fun close()
}
