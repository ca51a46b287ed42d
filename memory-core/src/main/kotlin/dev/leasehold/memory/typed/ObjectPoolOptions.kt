package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.typed.CacheLine
import dev.leasehold.memory.internal.typed.SlotMessages
import dev.leasehold.memory.internal.typed.SlotShape

/**
 * What can be set when an object pool is made; the receiver of the block of [ObjectPool].
 *
 * Read once, when that block returns; later changes have no effect. For one thread.
 */
public class ObjectPoolOptions internal constructor() {
    /** Where the memory comes from; the process's own manager by default. It must outlive the pool. */
    public var manager: MemoryManager = MemoryManager.system()

    /** How many objects are allocated together; 1,024 by default. */
    public var batchSize: Int = USUAL_BATCH

    /** The most objects that there may be, living and free; [Long.MAX_VALUE] by default: the manager's limit alone. */
    public var capacity: Long = Long.MAX_VALUE

    /**
     * What each object's address is a multiple of, in bytes: a power of two up to the page size. The type's own
     * alignment by default, and never less than that.
     */
    public var alignment: Long = 1

    /**
     * Whether each object has whole cache lines to itself, so that threads which write neighbouring objects do not slow
     * each other down. Not by default: small objects then take several times the memory.
     */
    public var wholeLines: Boolean = false

    /** How many bytes a cache line has, for [wholeLines]: what the system says by default. */
    public var lineSize: Long = CacheLine.bytes

    internal fun shapeOf(name: String, type: ElementType<*>): SlotShape {
        if (name.isBlank()) throw MemoryConfigurationException("the name of an object pool must not be blank")
        positive(name, "size of an object", type.byteSize)
        positive(name, "batch size", batchSize.toLong())
        positive(name, "capacity", capacity)
        powerOfTwo(name, "alignment", alignment)
        powerOfTwo(name, "line size", lineSize)
        val aligned = maxOf(alignment, type.alignment, if (wholeLines) lineSize else 1)
        val stride = (type.byteSize + aligned - 1) and -aligned
        val most = manager.maxAllocation
        if (stride <= 0 || Math.multiplyHigh(stride, batchSize.toLong()) != 0L || stride * batchSize !in 1..most) {
            throw InvalidSizeException(SlotMessages.batch(name, batchSize, stride, most), type.byteSize)
        }
        return SlotShape(type.byteSize, stride, aligned, minOf(batchSize.toLong(), capacity).toInt(), capacity)
    }

    private fun positive(name: String, what: String, value: Long) {
        if (value <= 0) throw InvalidSizeException(SlotMessages.notPositive(name, what, value), value)
    }

    private fun powerOfTwo(name: String, what: String, value: Long) {
        if (java.lang.Long.bitCount(value) == 1 && value in 1..manager.pageSize) return
        throw InvalidAlignmentException(SlotMessages.alignment(name, what, value, manager.pageSize), value)
    }

    private companion object {
        const val USUAL_BATCH = 1024
    }
}
