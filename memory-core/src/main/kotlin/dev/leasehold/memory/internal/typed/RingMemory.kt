package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import java.lang.foreign.MemorySegment

/** A ring's block, and what lies in it. It owns the caller's reference to the block. */
internal class RingMemory private constructor(
    @JvmField val block: Block,
    @JvmField val raw: MemorySegment,
    capacity: Long,
    alignment: Long,
) : ChunkPositions(capacity, alignment) {
    /** The bytes for chunks. */
    @JvmField val data: MemorySegment = raw.asSlice(dataOffset, capacity)

    override fun get(index: Long): Long = SegmentWords.get(raw, index)

    override fun set(index: Long, value: Long): Unit = SegmentWords.set(raw, index, value)

    override fun compareAndSet(index: Long, seen: Long, next: Long): Boolean =
        SegmentWords.compareAndSet(raw, index, seen, next)

    /** The [size] bytes of [within], which are those of [data], at the position [at]. */
    fun chunkIn(within: MemorySegment, at: Long, size: Long): MemorySegment = within.asSlice(offsetOf(at), size)

    /** Puts in order what was left in the middle of a write or a read; false when it is damaged. For one thread. */
    fun recover(): Boolean = RingRecovery(this).run()

    /** The bytes that unread chunks take, their places included, and the size of the largest. While none is in use. */
    fun unread(): Pair<Long, Long> {
        var bytes = 0L
        var largest = 0L
        forEachUnread { _, size ->
            bytes += spanOf(size)
            largest = maxOf(largest, size)
        }
        return bytes to largest
    }

    /** Copies all unread chunks to [other], which is empty and has room for them. While none is in use. */
    fun copyUnreadTo(other: RingMemory) {
        forEachUnread { at, size ->
            val copy = other.claim(spanOf(size))
            MemorySegment.copy(data, offsetOf(at), other.data, other.offsetOf(copy), size)
            other.commit(copy, size)
        }
    }

    companion object {
        private const val LINE = 64L

        /** An empty ring of [shape] in a new block of [manager]. */
        fun allocate(manager: MemoryManager, shape: RingShape): RingMemory {
            val block = manager.allocate(shape.byteSize, maxOf(LINE, shape.alignment))
            try {
                val raw = block.asKeptMemorySegment()
                val _ = raw.asSlice(0, shape.dataOffset).fill(0)
                val memory = RingMemory(block, raw, shape.capacity, shape.alignment)
                memory.writeTo(memory)
                return memory
            } catch (failure: Throwable) {
                block.close()
                throw failure
            }
        }

        /** The ring in [block], as it was left there; null when there is none. */
        fun find(block: Block): RingMemory? {
            val raw = block.asKeptMemorySegment()
            if (raw.byteSize() < FRONT || raw.address() and LEAST_ALIGNMENT - 1 != 0L) return null
            val shape = of(raw.byteSize()) { SegmentWords.get(raw, it) } ?: return null
            if (raw.address() and shape.alignment - 1 != 0L) return null
            return RingMemory(block, raw, shape.capacity, shape.alignment)
        }
    }
}
