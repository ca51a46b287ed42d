package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.internal.engine.LargeHome
import dev.leasehold.memory.internal.engine.PageHome
import dev.leasehold.memory.internal.engine.SlabEngine
import java.lang.foreign.MemorySegment

/**
 * One resize of [block], whose turn it is and whom the caller holds with a scope of its own: where it lies if that is
 * possible, else by remapping its pages, else by copying its bytes.
 *
 * A tail goes back to others only while nobody else has or gets a hold of the block, and after its views were cut off;
 * until then a holder could reach it.
 */
internal class BlockResize(
    private val block: Block,
    private val engine: SlabEngine,
    private val count: RefCount,
    private val source: BlockSource,
) {
    /** Gives the block, or the one that takes its place, [newSize] bytes, and ends the turn and the hold. */
    fun run(newSize: Long, zeroed: Boolean): Block {
        var held = true
        var moved: Block? = null
        try {
            val oldSize = block.size
            // Pages that the system adds are zero.
            val dirty = (block.home as? LargeHome)?.capacity ?: Long.MAX_VALUE
            if (inPlace(newSize)) {
                if (zeroed) block.zero(oldSize, minOf(dirty, newSize))
                return block
            }
            val remapped = remap(newSize, zeroed)
            held = remapped == null
            moved = remapped ?: copy(newSize, zeroed)
            return moved
        } finally {
            block.endTurn()
            if (held) unlessLost(moved) { block.leave() }
        }
    }

    /** Runs [ending], and closes [fresh] if that fails: the caller is not given what would be lost then. */
    private inline fun unlessLost(fresh: Block?, ending: () -> Unit) {
        try {
            ending()
        } catch (failure: Throwable) {
            fresh?.close()
            throw failure
        }
    }

    // ---- where it lies ----

    private fun inPlace(newSize: Long): Boolean {
        if (engine.isNothing(block.home)) return newSize == 0L
        return when (val home = block.home) {
            is LargeHome -> resizeLarge(home, newSize)

            is PageHome -> resizePages(home, newSize)

            // What is watched, or another budget pays for, keeps its class.
            is BlockWatch, is BlockCharge -> (!source.exact || newSize == block.size) && stays(home, newSize)

            else -> changeClass(newSize)
        }
    }

    /** Each page of a run is found by its id, so unlike other blocks a run never keeps more than its size. */
    private fun resizePages(pages: PageHome, newSize: Long): Boolean {
        val wanted = (newSize / pages.pageSize).toInt()
        if (newSize > block.size) {
            if (pages.tryResize(wanted)) block.size = newSize
        } else if (newSize < block.size) {
            asSoleHolder {
                block.cutViews()
                if (pages.tryResize(wanted)) block.size = newSize
            }
        }
        return block.size == newSize
    }

    private fun stays(home: BlockHome, newSize: Long) =
        home.tryKeep(BlockKind.code(block.kind), newSize).also { if (it) block.size = newSize }

    private fun changeClass(newSize: Long): Boolean {
        val code = BlockKind.code(block.kind)
        val wanted = if (newSize > SizeClasses.LARGEST) SlabEngine.LARGE else SizeClasses.indexOf(maxOf(newSize, 1))
        if (wanted > code) {
            if (wanted == SlabEngine.LARGE || !tryChange(code, wanted)) return false
        } else if (wanted < code && engine.classes.isSpan(code)) {
            asSoleHolder {
                if (!block.hasViews) {
                    // What cannot be given back the block keeps.
                    val _ = tryChange(code, wanted)
                }
                block.size = newSize
            }
        }
        block.size = newSize
        return true
    }

    private fun tryChange(code: Int, wanted: Int): Boolean {
        val changed = engine.classes.tryChange(block.address, code, wanted)
        if (changed) block.kind = BlockKind.of(wanted, block.kind)
        return changed
    }

    private fun resizeLarge(large: LargeHome, newSize: Long): Boolean {
        if (newSize > large.capacity && !large.resize(newSize, mayMove = false)) return false
        if (newSize < block.size && engine.remaps) {
            asSoleHolder {
                block.cutViews()
                block.size = newSize
                // What the system does not take the block keeps.
                large.resize(newSize, mayMove = false)
            }
        }
        block.size = newSize
        return true
    }

    /** Runs [action] with nobody else having or getting a hold, unless somebody has. */
    private inline fun asSoleHolder(action: () -> Unit) {
        if (!count.tryLock(1, scopes = 1)) return
        try {
            action()
        } finally {
            count.unlock(1, scopes = 1)
        }
    }

    // ---- elsewhere ----

    /** Moves the bytes of a large block without a copy, if the caller is its only holder and the system can do so. */
    private fun remap(newSize: Long, zeroed: Boolean): Block? {
        val home = block.home
        if (home !is LargeHome || !engine.remaps || !count.tryLock(1, scopes = 1)) return null
        var moved = false
        try {
            block.cutViews()
            val oldCapacity = home.capacity
            moved = home.resize(newSize, mayMove = true)
            if (!moved) return null
            val fresh = movedTo(home, newSize)
            if (zeroed) fresh.zero(block.size, minOf(oldCapacity, newSize))
            return fresh
        } finally {
            if (moved) count.end() else count.unlock(1, scopes = 1)
        }
    }

    private fun movedTo(large: LargeHome, newSize: Long): Block = try {
        Block(engine, null, large, large.address, newSize, block.kind, RefCount(null, 0))
    } catch (failure: Throwable) {
        // The heap is exhausted. The bytes have moved, so the block cannot stay; at least its memory does not leak.
        large.giveBack(large.address, BlockKind.code(block.kind), newSize)
        throw failure
    }

    private fun copy(newSize: Long, zeroed: Boolean): Block {
        val fresh = source.allocateFor(newSize, BlockKind.alignment(block.kind))
        val kept = minOf(block.size, newSize)
        if (kept > 0) MemorySegment.copy(block.viewIn(null), 0, fresh.viewIn(null), 0, kept)
        if (zeroed) fresh.zero(kept, newSize)
        // The caller's reference; the hold of this call follows.
        unlessLost(fresh) { block.close() }
        return fresh
    }
}
