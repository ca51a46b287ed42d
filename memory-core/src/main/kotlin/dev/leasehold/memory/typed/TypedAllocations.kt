@file:JvmName("TypedMemory")

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException

/**
 * Allocates a block for [count] elements of [type], one behind the other, aligned as they need.
 *
 * **Ownership.** The caller holds the one reference to it, and closes it. **Threads.** Any; so is the block's.
 * **Zeroed.** Not. **Cost.** As [MemoryManager.allocate] with an alignment.
 *
 * @throws InvalidSizeException when [count] is negative, or the bytes are more than [MemoryManager.maxAllocation]
 * @throws InvalidAlignmentException when the alignment of [type] is above the page size
 * @throws MemoryExhaustedException when a limit or the system stops it
 * @throws ManagerClosedException when the manager is closed
 */
@JvmOverloads
public fun MemoryManager.allocate(type: ElementType<*>, count: Long = 1): Block =
    allocate(ElementArray(type, count).byteSize, type.alignment)

/**
 * Allocates one block for all arrays of [layout]; [ArrayLayout.split] of its segment finds them.
 *
 * **Ownership.** The caller holds the one reference to it, and closes it. **Threads.** Any; so is the block's.
 * **Zeroed.** Not. **Cost.** As [MemoryManager.allocate] with an alignment.
 *
 * @throws InvalidSizeException when the bytes are more than [MemoryManager.maxAllocation]
 * @throws InvalidAlignmentException when the alignment of an element is above the page size
 * @throws MemoryExhaustedException when a limit or the system stops it
 * @throws ManagerClosedException when the manager is closed
 */
public fun MemoryManager.allocate(layout: ArrayLayout): Block = allocate(layout.byteSize, layout.alignment)

/**
 * Views of [arrays] in this segment, one after the other, each aligned as its elements need when the segment is:
 * [ArrayLayout.split] in one call.
 *
 * @throws SegmentSizeException when the segment has not enough bytes for all
 * @throws InvalidSizeException when they have more bytes together than a `Long` can count
 */
@JvmSynthetic
public fun Segment.split(vararg arrays: ElementArray): List<Segment> = ArrayLayout.of(*arrays).split(this)
