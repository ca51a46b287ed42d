package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.BlockSource
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/**
 * Blocks that were taken, and found no stack to go back when the rest of the rent failed. They wait here until the
 * engine is next short of memory or asked for its figures. Any thread.
 *
 * The first look for room on the stack is dearer than a rent that a thread's cache serves, so that goes without one. A
 * call at the very end of the stack fails in its first step, and so does any other from there: hence nothing is called
 * to leave a block, and no class is named that might have to be looked up. Two threads that do so at the same moment may lose one.
 */
internal class LeftBlocks {
    /** The address of each, and its code in the highest byte; 0 where there is none. */
    @JvmField val words: LongArray = LongArray(MOST)

    /** Gives all back to [source], which any thread may use. */
    fun giveBackTo(source: HeldSource) {
        for (slot in words.indices) {
            if (words[slot] == 0L) continue
            val word = WORDS.getAndSet(words, slot, 0L) as Long
            val code = (word ushr CODE_SHIFT).toInt()
            if (word != 0L) source.giveBack(word and ADDRESS, code, source.bytesOf(code))
        }
    }

    internal companion object {
        private const val MOST = 8
        private const val ADDRESS = (1L shl 56) - 1
        private val WORDS: VarHandle = MethodHandles.arrayElementVarHandle(LongArray::class.java)

        /** Where in a word the code is. */
        const val CODE_SHIFT: Int = 56
    }
}

/**
 * What [make] makes of the block at [address], which was just taken; when it cannot, the block goes back. Inlined, so
 * that the block goes back from where it was taken, if there was stack for that.
 */
internal inline fun <R> EngineState.orGiveBack(
    source: BlockSource,
    address: Long,
    code: Int,
    size: Long,
    make: () -> R,
): R {
    try {
        return make()
    } catch (failure: Throwable) {
        // The heap is full, or the like: the memory must not be lost with it.
        try {
            source.giveBack(address, code, size)
        } catch (_: Throwable) {
            val words = left.words
            // What has a mapping of its own was taken where there was stack.
            for (slot in words.indices) {
                if (words[slot] != 0L || code >= BlockKind.LARGE) continue
                words[slot] = address or (code.toLong() shl LeftBlocks.CODE_SHIFT)
                break
            }
        }
        throw failure
    }
}
