package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager

/** The blocks of a bitmap, and the bits in them. For one thread at a time. */
internal class BitmapParts private constructor(private val parts: ArrayList<BitmapPart>, table: BitTable) {
    /** The bits as they are now; replaced by a growth. */
    var table: BitTable = table
        private set

    /** The first block's manager, where further ones come from. */
    val manager: MemoryManager = parts.first().block.manager

    /** The first block, for messages about it. */
    @JvmField val first: BitmapPart = parts.first()

    /** The blocks in their order. */
    val blocks: List<Block> get() = parts.map { it.block }

    /** Lets there be [size] bits, which is more than there are. */
    fun grow(size: Long) {
        val last = parts.last()
        val room = last.start + last.count
        val missing = BitTable.wordsFor(size) - room
        if (missing <= 0) table = table.withSize(size) else addPart(size, room, maxOf(missing, room))
        first.bits = size
    }

    private fun addPart(size: Long, start: Long, count: Long) {
        parts.ensureCapacity(parts.size + 1)
        val part = BitmapPart.allocate(manager, parts.size, start, count)
        try {
            table = table.withPart(size, part, start)
        } catch (failure: Throwable) {
            // The heap is full: the memory must not be lost with it.
            part.block.close()
            throw failure
        }
        parts += part
    }

    companion object {
        /** A bitmap of [size] clear bits in a new block of [manager]. */
        fun allocate(manager: MemoryManager, size: Long): BitmapParts {
            val part = BitmapPart.allocate(manager, 0, 0, BitTable.wordsFor(size))
            try {
                part.bits = size
                return of(listOf(part))
            } catch (failure: Throwable) {
                part.block.close()
                throw failure
            }
        }

        /** The bitmap that lies in [parts]. */
        fun of(parts: List<BitmapPart>): BitmapParts {
            val starts = LongArray(parts.size) { parts[it].start }
            val table = BitTable(parts.first().bits, parts.toTypedArray(), starts, BitTable.newHints())
            return BitmapParts(ArrayList(parts), table)
        }
    }
}
