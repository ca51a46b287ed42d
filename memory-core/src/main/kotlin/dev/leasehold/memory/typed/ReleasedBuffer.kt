package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.typed.Phase
import dev.leasehold.memory.internal.typed.Tenure
import java.lang.foreign.MemorySegment

/**
 * **Memory that no buffer owns. Its holder MUST free it: by [free], by handing [releaseAction] to code that runs it, or
 * by letting a buffer adopt it. Nothing else will: not the garbage collector, not a scope, not `use`, and it is not
 * [AutoCloseable] for that reason.**
 *
 * A plain record of what a buffer had: what [UniqueBuffer.release] and [SharedBuffer.release] return, for code that
 * takes memory over by other means, such as a native library.
 *
 * **Ownership.** See above. Of calls that race to free or adopt it, one has the memory, and it is freed once.
 * **Threads.** Any.
 * **Views** that were taken before are good until it is freed by [free]; code that frees the memory in another way
 * must see to it that nobody uses one afterwards.
 */
public class ReleasedBuffer<E> internal constructor(internal val tenure: Tenure<ElementType<E>>) {
    /** What the elements are. */
    public val type: ElementType<E> get() = tenure.type

    /** How many elements there are. */
    public val count: Long get() = tenure.count

    /** How many bytes they have together. */
    public val byteSize: Long get() = count * type.byteSize

    /** Where they lie. */
    public val location: MemoryLocation get() = locationOf(tenure.home)

    /** Whether it has been freed or adopted, so that its holder need not care any more. A moment's truth. */
    public val isSettled: Boolean get() = tenure.isOver

    /**
     * All bytes.
     *
     * @throws TypedMemoryClosedException when it has been freed or adopted
     */
    @get:JvmSynthetic
    public val segment: Segment get() = Segment.of(asMemorySegment())

    /**
     * All bytes, as the platform's type: the named crossing, and what Java uses.
     *
     * @throws TypedMemoryClosedException when it has been freed or adopted
     */
    public fun asMemorySegment(): MemorySegment = tenure.view() ?: refuse(this, "used")

    /** What [free] does, as a value to hand to the code that is to do it. The segment it is called with is ignored. */
    public val releaseAction: ReleaseAction get() = ReleaseAction { free() }

    /**
     * Frees the memory as the close of a buffer would have done: cuts views off and runs the release action, or gives
     * the block or the lease back. Does nothing when that has been done.
     *
     * @throws TypedMemoryClosedException when a buffer has adopted it, and is to free it
     * @throws MemoryBusyException while a native call or an input/output operation uses a view that has to be cut off
     *   now; it is not freed then, so free it again afterwards
     */
    public fun free() {
        if (!tenure.end(Phase.FREED) && tenure.ended != Phase.FREED) refuse(this, "freed")
    }

    /** Passes the memory on to [next]. */
    internal fun passTo(next: Tenure<ElementType<E>>) {
        if (!tenure.passTo(next, Phase.ADOPTED)) refuse(this, "adopted")
    }

    /** How many elements and bytes there are, where they lie, and, LOUDLY, that they have to be freed. */
    override fun toString(): String = describe("ReleasedBuffer", tenure, byteSize, location, ", $LOUD")

    private companion object {
        private const val LOUD = "NOT FREED: its holder MUST free it or let a buffer adopt it"
    }
}
