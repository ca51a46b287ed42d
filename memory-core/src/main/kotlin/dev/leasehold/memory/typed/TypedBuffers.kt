@file:JvmName("TypedBuffers")

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.rentShared

/**
 * Allocates a buffer of [count] elements of [type], at a multiple of the type's alignment.
 *
 * **Ownership.** The caller's, who closes it; a buffer stays good when its manager is closed.
 * **Threads.** Any. **Zeroed.** Not: the bytes are what the memory's last user left.
 * **Cost.** That of [MemoryManager.allocate], and a few small objects.
 *
 * @throws InvalidSizeException when [count] is negative, or the bytes are above [MemoryManager.maxAllocation]
 * @throws InvalidAlignmentException when the type's alignment is above the page size
 * @throws MemoryExhaustedException when a limit, a budget ([BudgetExceededException]) or the system stops it
 * @throws ManagerClosedException when the manager is closed
 */
public fun <E> MemoryManager.allocateBuffer(type: ElementType<E>, count: Long): UniqueBuffer<E> =
    allocateBuffer(type, count, type.alignment)

/** [allocateBuffer] at an address that is a multiple of [alignment], too. */
@JvmSynthetic
internal fun <E> MemoryManager.allocateBuffer(type: ElementType<E>, count: Long, alignment: Long): UniqueBuffer<E> =
    adopting(allocateFor(type, count, maxOf(alignment, type.alignment))) { UniqueBuffer.adopt(type, it) }

/** [allocateBuffer] of bytes that are zero, which costs about 20 ns more for 4 KiB. */
public fun <E> MemoryManager.allocateZeroedBuffer(type: ElementType<E>, count: Long): UniqueBuffer<E> =
    adopting(allocateFor(type, count, type.alignment)) { block ->
        if (block.size > 0) block.withSegment(Segment::zero)
        UniqueBuffer.adopt(type, block)
    }

/**
 * Rents a buffer of [count] elements of [type], at a multiple of the type's alignment.
 *
 * **Ownership.** The caller's, who closes it, and with it the lease; a buffer stays good when its pool is closed, and
 * the pool's memory stays with it. [share][UniqueBuffer.share] lets several hold it.
 * **Threads.** Any. **Zeroed.** Only when the pool's hygiene says so.
 * **Cost.** That of a shared lease, and a few small objects.
 *
 * @throws InvalidSizeException when [count] is negative, or the bytes are more than one lease can have
 * @throws InvalidAlignmentException when the type's alignment is above the page size, or one that a fixed pool's chunks
 *   do not have
 * @throws MemoryExhaustedException when the pool's limit, a budget ([BudgetExceededException]) or the system stops it
 * @throws PoolClosedException when the pool is closed
 */
public fun <E> MemoryPool.rentBuffer(type: ElementType<E>, count: Long): UniqueBuffer<E> {
    val size = bytesOf(count, type)
    if (size < 0) throw InvalidSizeException(noBuffer(owner, count, type), size)
    val fits = type.alignment <= NATURAL_ALIGNMENT && this !is FixedMemoryPool
    val lease = if (fits) rentShared(size) else rentShared(size, type.alignment)
    return adopting(lease) { UniqueBuffer.adopt(type, it) }
}

/**
 * [rentBuffer] of as many elements as one chunk of the pool holds.
 *
 * @throws InvalidSizeException when a chunk does not hold one
 * @throws InvalidAlignmentException when the chunks do not have the type's alignment
 * @throws MemoryExhaustedException when no chunk is free
 * @throws PoolClosedException when the pool is closed
 */
public fun <E> FixedMemoryPool.rentBuffer(type: ElementType<E>): UniqueBuffer<E> {
    // At least one: the pool then refuses in its own words.
    val count = maxOf(1, blockSize / maxOf(1, type.byteSize))
    return rentBuffer(type, count)
}

private fun MemoryManager.allocateFor(type: ElementType<*>, count: Long, alignment: Long): Block {
    val size = bytesOf(count, type)
    if (size < 0) throw InvalidSizeException(noBuffer(owner, count, type), size)
    // Without a wish for an alignment a block comes out of the thread's cache.
    return if (alignment <= NATURAL_ALIGNMENT) allocate(size) else allocate(size, alignment)
}

// What every block of a manager, and every lease but those of fixed pools, begins at a multiple of, in bytes.
private const val NATURAL_ALIGNMENT = 16

/** What [make] makes of [memory]; when it cannot, that has been closed. */
private inline fun <M : AutoCloseable, R> adopting(memory: M, make: (M) -> R): R = try {
    make(memory)
} catch (failure: Throwable) {
    // The heap is full, or the like: the memory must not be lost with it.
    memory.close()
    throw failure
}

// ---- elements ----

// Once for each primitive, because a view behind a type parameter would be boxed, and once for structs.

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("byteElements")
public val TypedBuffer<Byte>.elements: ByteElements get() = view().asBytes()

/**
 * The byte at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getByte")
public operator fun TypedBuffer<Byte>.get(index: Long): Byte = elements[index]

/**
 * Sets the byte at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setByte")
public operator fun TypedBuffer<Byte>.set(index: Long, value: Byte): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("shortElements")
public val TypedBuffer<Short>.elements: ShortElements get() = view().asShorts()

/**
 * The short at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getShort")
public operator fun TypedBuffer<Short>.get(index: Long): Short = elements[index]

/**
 * Sets the short at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setShort")
public operator fun TypedBuffer<Short>.set(index: Long, value: Short): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("charElements")
public val TypedBuffer<Char>.elements: CharElements get() = view().asChars()

/**
 * The char at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getChar")
public operator fun TypedBuffer<Char>.get(index: Long): Char = elements[index]

/**
 * Sets the char at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setChar")
public operator fun TypedBuffer<Char>.set(index: Long, value: Char): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("intElements")
public val TypedBuffer<Int>.elements: IntElements get() = view().asInts()

/**
 * The int at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getInt")
public operator fun TypedBuffer<Int>.get(index: Long): Int = elements[index]

/**
 * Sets the int at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setInt")
public operator fun TypedBuffer<Int>.set(index: Long, value: Int): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("longElements")
public val TypedBuffer<Long>.elements: LongElements get() = view().asLongs()

/**
 * The long at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getLong")
public operator fun TypedBuffer<Long>.get(index: Long): Long = elements[index]

/**
 * Sets the long at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setLong")
public operator fun TypedBuffer<Long>.set(index: Long, value: Long): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("floatElements")
public val TypedBuffer<Float>.elements: FloatElements get() = view().asFloats()

/**
 * The float at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getFloat")
public operator fun TypedBuffer<Float>.get(index: Long): Float = elements[index]

/**
 * Sets the float at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setFloat")
public operator fun TypedBuffer<Float>.set(index: Long, value: Float): Unit = elements.set(index, value)

/**
 * The elements: a view, as [TypedBuffer.view] is.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmSynthetic
@get:JvmName("doubleElements")
public val TypedBuffer<Double>.elements: DoubleElements get() = view().asDoubles()

/**
 * The double at [index].
 *
 * @throws SegmentBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getDouble")
public operator fun TypedBuffer<Double>.get(index: Long): Double = elements[index]

/**
 * Sets the double at [index] to [value].
 *
 * @throws SegmentBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setDouble")
public operator fun TypedBuffer<Double>.set(index: Long, value: Double): Unit = elements.set(index, value)

/**
 * The structs: a view, as [TypedBuffer.view] is, which Java gets as well.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@get:JvmName("structElements")
public val <S : Struct<S>> TypedBuffer<S>.elements: StructArray<S> get() = view().asStructs(type)

/**
 * A view of the struct at [index]: to read and to write it.
 *
 * @throws ElementBoundsException when there is no such element
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("getStruct")
public operator fun <S : Struct<S>> TypedBuffer<S>.get(index: Long): StructView<S> = elements[index]

/**
 * Copies [value], which may be one of this buffer's, over the struct at [index].
 *
 * @throws ElementBoundsException when there is no such element; nothing is written
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 */
@JvmName("setStruct")
public operator fun <S : Struct<S>> TypedBuffer<S>.set(index: Long, value: StructView<S>): Unit =
    elements.set(index, value)
