package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.LateWrites
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/**
 * Blocks that were taken, and found no stack to go back when the rest of the rent failed. They wait here until the next
 * request that goes further than a thread's own cache, or until the engine is asked for its figures. Any thread.
 *
 * A look for room on the stack is dearer than a rent that a thread's cache serves, so that goes without one. A call at
 * the very end of the stack fails in its first step, and so does any other from there: hence nothing is called to leave
 * a block, and no class is named that might have to be looked up. Of more than a few before the next request some may
 * be lost.
 */
internal class LeftBlocks {
    /** The address of each, and its code in the highest byte; 0 where there is none. Its address says where. */
    @JvmField val words: LongArray = LongArray(PLACES)

    /** Whether there may be any. */
    @JvmField var isAny: Boolean = false

    /** Where they go, which any thread may use. Set once, when the engine is made. */
    var source: HeldSource? = null

    /** What waits to be looked at, and comes back with these. */
    var lateWrites: LateWrites? = null

    /** Gives all back. */
    fun giveBack() {
        val source = source ?: return
        isAny = false
        lateWrites?.flush()
        for (place in words.indices) {
            if (words[place] == 0L) continue
            val word = WORDS.getAndSet(words, place, 0L) as Long
            val code = (word ushr CODE_SHIFT).toInt()
            if (word != 0L) source.giveBack(word and ADDRESS, code, source.bytesOf(code))
        }
    }

    internal companion object {
        private const val PLACES = 8
        private const val ADDRESS = (1L shl 56) - 1
        private val WORDS: VarHandle = MethodHandles.arrayElementVarHandle(LongArray::class.java)

        /** Where in a word the code is. */
        const val CODE_SHIFT: Int = 56

        /** Where in an address the place is: above what is the same in most of one size. */
        const val PLACE_SHIFT: Int = 10

        /** The bits of a place. */
        const val PLACE: Int = PLACES - 1
    }
}

/**
 * What [make] makes of the block at [address], which was just taken; when it cannot, the block goes back, and the
 * [attachment] that is watched already, if any, ends. Inlined, so that the block goes back from where it was taken, if
 * there was stack for that.
 */
internal inline fun <R> EngineState.orGiveBack(
    source: BlockSource,
    address: Long,
    code: Int,
    size: Long,
    attachment: Attachment? = null,
    make: () -> R,
): R {
    try {
        return make()
    } catch (failure: Throwable) {
        // The heap is full, or the like: the memory must not be lost with it.
        try {
            source.giveBack(address, code, size)
        } catch (_: Throwable) {
            // What has a mapping of its own was taken where there was stack.
            if (code < BlockKind.LARGE) {
                val left = left
                left.words[address.toInt() ushr LeftBlocks.PLACE_SHIFT and LeftBlocks.PLACE] =
                    address or (code.toLong() shl LeftBlocks.CODE_SHIFT)
                left.isAny = true
            }
        }
        attachment?.endQuietly()
        throw failure
    }
}
