package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.typed.SlotMessages
import dev.leasehold.memory.internal.typed.generationOf

/**
 * The name of one object in an [ObjectPool], for as long as that object lives: the index of its slot, and which object
 * in that slot it is (its generation). When the object has been freed, the name is nobody's, also after the slot was
 * used again.
 *
 * A handle is a number, [bits]: it costs nothing, can be stored in other objects and files, compared, sorted, and sent
 * to other threads. It is good for the pool that gave it; another pool may take it for one of its own.
 *
 * For Java a handle is the `long` itself.
 */
@JvmInline
public value class Handle(
    /** The number: the generation in the upper 32 bits, the index in the lower. 0 is no object's. */
    public val bits: Long,
) : Comparable<Handle> {
    /** The index of the slot in its pool, from 0. */
    public val index: Int get() = bits.toInt()

    /** Which object in its slot this names, from 1, as an unsigned number of 32 bits. */
    public val generation: Int get() = generationOf(bits).toInt()

    /** Whether this is [NONE]. */
    public val isNone: Boolean get() = bits == 0L

    /** By index, and in one slot from the older object to the newer. */
    override fun compareTo(other: Handle): Int {
        val byIndex = index.compareTo(other.index)
        return if (byIndex != 0) byIndex else Integer.compareUnsigned(generation, other.generation)
    }

    /** `Handle(17, generation 3)`. */
    override fun toString(): String = SlotMessages.text(bits)

    /** The handle that names nothing. */
    public companion object {
        /** Names nothing, in any pool: what a field that is zero holds. */
        public val NONE: Handle get() = Handle(0)
    }
}
