package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.StackRoom
import java.lang.foreign.MemorySegment

/**
 * One resize of [block] by the thread whose turn it is: where it lies if that is possible, else by remapping its pages,
 * else by copying its bytes.
 *
 * A tail goes back only while no other thread has or gets a hold of the block, and after its views were cut off; until
 * then a holder could reach it.
 *
 * @param moved makes the block that takes the place of this one, wherever the bytes will lie
 * @param allocated takes another block
 */
internal class Resize<B : HeldBlock>(
    private val block: B,
    private val moved: (size: Long) -> B,
    private val allocated: (size: Long) -> B,
) {
    private val source = block.source

    // Whether this call's hold is to be given back: a block whose bytes were remapped has ended already.
    private var held = true

    /** Gives the block, or the one that takes its place, [size] bytes. */
    fun run(size: Long, zeroed: Boolean): B {
        StackRoom.require()
        block.beginTurn("resized")
        var result: B? = null
        try {
            result = resized(size, zeroed)
            return result
        } finally {
            block.endTurn()
            if (held) leave(result)
        }
    }

    private fun leave(result: B?) {
        try {
            block.leave()
        } catch (failure: Throwable) {
            // The caller does not get the new block then.
            if (result != null && result !== block) result.dispose()
            throw failure
        }
    }

    private fun resized(size: Long, zeroed: Boolean): B {
        val oldSize = block.length
        // Pages that the system adds are zero.
        val dirty = source.zeroFrom
        if (inPlace(size)) {
            if (zeroed) zero(block, oldSize, minOf(dirty, size))
            return block
        }
        return remapped(size, zeroed) ?: copied(size, zeroed)
    }

    // ---- where it lies ----

    private fun inPlace(size: Long): Boolean {
        val attachment = block.attachment
        if (attachment != null) {
            if (attachment.movesAlways) return false
            // What another budget pays for keeps just its memory.
            val fits = size <= block.blockBytes && (!source.isExact || size == block.length)
            if (attachment.charge != null && !fits) return false
        }
        val code = if (shrinksForGood(size)) {
            shrunk(size)
        } else {
            source.resize(block.start, block.code, block.length, size, false)
        }
        if (code == HeldSource.NOT_HERE) return false
        if (code != block.code) block.setCode(code)
        block.length = size
        attachment?.trace?.run {
            resized(size)
            changeMemory { block.lostMemory() }
        }
        return true
    }

    private fun shrinksForGood(size: Long) = size < block.length && block.attachment?.charge == null &&
        source.returnsTail(block.code, size)

    private fun shrunk(size: Long): Int {
        val alone = block.tryLock(1, scopes = 1)
        try {
            val cut = alone && (!block.hasView || (source.cutsViews && block.canCutView))
            if (cut) block.cutView()
            return source.resize(block.start, block.code, block.length, size, cut)
        } finally {
            if (alone) block.unlock(1, scopes = 1)
        }
    }

    // ---- elsewhere ----

    /** Moves the bytes without a copy, if the caller is the only holder and the system can do so. */
    private fun remapped(size: Long, zeroed: Boolean): B? {
        if (!source.moves || block.attachment != null || !block.tryLock(1, scopes = 1)) return null
        var address = 0L
        try {
            // Both before the bytes move: from then on nothing may fail. The heap may be full.
            val fresh = moved(size)
            if (zeroed) zeroTail(minOf(source.zeroFrom, size))
            block.cutView()
            address = source.move(size)
            if (address == 0L) return null
            fresh.start = address
            return fresh
        } finally {
            if (address != 0L) endRemapped() else block.unlock(1, scopes = 1)
        }
    }

    private fun zeroTail(to: Long) {
        val from = block.length
        if (from < to) Platform.current.view(block.start, to, null).asSlice(from, to - from).fill(0)
    }

    private fun endRemapped() {
        block.end()
        held = false
    }

    private fun copied(size: Long, zeroed: Boolean): B {
        val fresh = allocated(size)
        try {
            val kept = minOf(block.length, size)
            if (kept > 0) MemorySegment.copy(block.viewIn(null), 0, fresh.viewIn(null), 0, kept)
            if (zeroed) zero(fresh, kept, size)
            // The caller's reference; the hold of this call follows.
            block.dispose()
        } catch (failure: Throwable) {
            fresh.dispose()
            throw failure
        }
        return fresh
    }

    private fun zero(of: HeldBlock, from: Long, to: Long) {
        if (from < to) of.viewIn(null).asSlice(from, to - from).fill(0)
    }
}
