@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/*
 * A handle: the generation of the object in the upper half, the index of its slot in the lower. The index has 30 bits;
 * the two above it are used in the words of slots, see OwnedSlots and HeldSlots. No handle is 0, for generations begin
 * with 1.
 */

internal const val GENERATION_SHIFT: Int = 32
internal const val ONE_GENERATION: Long = 1L shl GENERATION_SHIFT
internal const val ALL_OF_GENERATION: Long = -1L shl GENERATION_SHIFT

/** In the word of a slot: somebody has freed the object, and the slot is not free yet. */
internal const val MARK: Long = 1L shl 31

/** In the word of a slot: it has no object; the generation is that of the next. */
internal const val FREE: Long = 1L shl 30

/** How many slots a pool can have at the most. */
internal const val MOST_SLOTS: Long = 1L shl 30

/** The generation of [handle]; 0 when there is none left, and its slot is never used again. */
internal fun generationOf(handle: Long): Long = handle ushr GENERATION_SHIFT

/** Words of slots, in arrays on the heap: there no stale handle can meet memory that has gone. */
internal object SlotWords {
    /** An element of a [LongArray]. */
    @JvmField
    val AT: VarHandle = MethodHandles.arrayElementVarHandle(LongArray::class.java)
}
