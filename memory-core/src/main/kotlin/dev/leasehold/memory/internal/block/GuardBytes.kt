package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/**
 * The bytes that a checked block has before and behind it, and the patterns in it.
 *
 * Views are bounded, so only native code, or a pointer that was made from an address, can write there. The memory that
 * a block is made of is [front] bytes, the block, and [back] bytes; both guards hold [GUARD], what is allocated and not
 * yet written [FRESH], what is freed [FREED].
 */
internal class GuardBytes private constructor(
    /** How many bytes there are before the block: a multiple of the requested alignment. */
    val front: Long,
    /** How many there are behind it. */
    val back: Long,
) {
    /** Those of a block at a multiple of [alignment]. */
    constructor(alignment: Long) : this(maxOf(LEAST, alignment), LEAST)

    /** How many bytes a block of [size] takes with its guards. */
    fun around(size: Long): Long = Math.addExact(size, front + back)

    /** Prepares the memory at [start] for a block of [size] bytes. */
    fun lay(start: Long, size: Long) {
        val all = Platform.current.view(start, around(size), null)
        all.asSlice(0, front).fill(GUARD)
        all.asSlice(front, size).fill(FRESH)
        all.asSlice(front + size, back).fill(GUARD)
    }

    /** What has become of the guards of the block of [size] bytes at [start]; null when they are untouched. */
    fun damage(start: Long, size: Long): Damage? {
        val all = Platform.current.view(start, around(size), null)
        return damage(all, 0, front) ?: damage(all, front + size, front + size + back)
    }

    private fun damage(all: MemorySegment, from: Long, until: Long): Damage? {
        var first = -1L
        var bytes = 0L
        for (at in from until until) {
            if (all.get(JAVA_BYTE, at) == GUARD) continue
            if (first < 0) first = at
            bytes++
        }
        return if (bytes == 0L) null else Damage(first - front, bytes, all.get(JAVA_BYTE, first))
    }

    /** Fills the block of [size] bytes at [start], whose views are cut off. */
    fun fillFreed(start: Long, size: Long) {
        val _ = Platform.current.view(start + front, size, null).fill(FREED)
    }

    /**
     * @property offset where the first overwritten byte lies, counted from the block's first
     * @property bytes how many bytes of one guard were overwritten
     * @property found what the first of them is now
     */
    class Damage(val offset: Long, val bytes: Long, val found: Byte)

    companion object {
        /** The patterns alone, for what must lie where it does and be as long as it is. */
        val NONE: GuardBytes = GuardBytes(0, 0)

        /** Fills the guards. */
        const val GUARD: Byte = 0xFD.toByte()

        /** Fills what was allocated and not yet written. */
        const val FRESH: Byte = 0xCD.toByte()

        /** Fills what was freed. */
        const val FREED: Byte = 0xDD.toByte()

        // A cache line, which keeps the usual alignment.
        private const val LEAST = 64L

        /** How many bytes the guards of a block of the usual alignment take. */
        const val LEAST_AROUND: Long = 2 * LEAST
    }
}
