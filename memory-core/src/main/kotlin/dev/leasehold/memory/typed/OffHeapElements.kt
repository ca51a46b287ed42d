@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MAX_ARRAY_SIZE
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.copy
import dev.leasehold.memory.outOfBounds
import dev.leasehold.memory.tooLarge
import java.lang.foreign.MemorySegment

/**
 * A collection of elements in an order: a list, a stack, a queue or an append-only list.
 *
 * The elements lie in one or several runs, each of them one behind the other. What primitives and structs can do more
 * is in extensions: `forEach`, `indexOf`, `contains`, `iterator`, `toLongArray`, and, by index, `get` and `set`.
 *
 * **Iteration** goes by index. It fails with [CollectionChangedException] when elements were added, removed or moved
 * meanwhile by other means: before the next element is read, and at the end. Setting elements is allowed.
 * **Equality** of floats is that of [Float.equals] and [Double.equals]: NaN equals NaN, and -0.0 is not 0.0. Structs are
 * equal when all their bytes are, the padding between fields included.
 * **Ownership, threads, cost.** See [OffHeapCollection].
 */
public abstract class OffHeapElements<E> internal constructor(
    /** What an element is. */
    public val type: ElementType<E>,
    block: Block,
) : OffHeapCollection(block) {
    /** How many bytes an element has. */
    @JvmField internal val stride: Long = type.byteSize

    /** In how many runs the elements lie just now. */
    @PublishedApi
    internal abstract val runs: Int

    /** The run [number], counted from 0: whole elements, and as many as there are in it. */
    @PublishedApi
    internal abstract fun run(number: Int): MemorySegment

    /** A view of the element at [index]. */
    internal abstract fun element(index: Long): MemorySegment

    /**
     * A view of the bytes of the element at [index]. It sees the element's place and not the element: when others are
     * removed or inserted before it, another one's bytes.
     *
     * @throws ElementBoundsException when there is no such element
     */
    @JvmSynthetic
    public fun asSegment(index: Long): Segment = Segment.of(element(index))

    /** [asSegment] as the platform's type: the named crossing, and what Java uses. */
    public fun asMemorySegment(index: Long): MemorySegment = element(index)

    /**
     * Copies the bytes of the elements from [fromIndex] up to [toIndex], which is not part of it, to [targetOffset] of
     * [target].
     *
     * @throws ElementBoundsException when there are no such elements; nothing is copied
     * @throws SegmentBoundsException when [target] has no room for them; nothing is copied
     */
    @JvmSynthetic
    public fun copyTo(target: Segment, targetOffset: Long = 0, fromIndex: Long = 0, toIndex: Long = size): Unit =
        copyBytes(target.raw, targetOffset, fromIndex, toIndex)

    /** Copies all elements to the start of [target]. */
    internal fun copyAll(target: MemorySegment): Unit = copyBytes(target, 0, 0, size)

    /**
     * How many elements there are, for an [array] of them.
     *
     * @throws SegmentSizeException when there are more than fit into an array
     */
    internal fun arraySize(array: String): Int {
        if (size >
            MAX_ARRAY_SIZE
        ) {
            throw tooLarge(bytesOf(size, stride), array, bytesOf(MAX_ARRAY_SIZE.toLong(), stride))
        }
        return size.toInt()
    }

    /** Copies the elements from [fromIndex] up to [toIndex] to [targetOffset] of [target]. */
    internal fun copyBytes(target: MemorySegment, targetOffset: Long, fromIndex: Long, toIndex: Long) {
        requireRange(fromIndex, toIndex)
        val length = (toIndex - fromIndex) * stride
        if (targetOffset < 0 || targetOffset > target.byteSize() - length) {
            throw outOfBounds(targetOffset, length, target.byteSize())
        }
        var skipped = fromIndex * stride
        var done = 0L
        var number = 0
        while (done < length) {
            val run = run(number++)
            val part = minOf(run.byteSize() - skipped, length - done)
            if (part > 0) {
                copy(run, skipped, target, targetOffset + done, part)
                done += part
            }
            skipped = maxOf(0, skipped - run.byteSize())
        }
    }

    /** Refuses a range of elements that is not all there. */
    internal fun requireRange(fromIndex: Long, toIndex: Long) {
        val n = size
        if (fromIndex < 0 || fromIndex > toIndex || toIndex > n) {
            throw noSuchRange(describe(), fromIndex, toIndex, n)
        }
    }

    /** Refuses a view that is not exactly one element. */
    internal fun requireElement(element: MemorySegment) {
        if (element.byteSize() != stride) throw wrongElement(describe(), element.byteSize(), stride)
    }

    /** Whether the element at [at] of [run] has the bytes of [value]. */
    internal fun isSame(run: MemorySegment, at: Long, value: MemorySegment): Boolean =
        MemorySegment.mismatch(run, at, at + stride, value, 0, stride) < 0

    /** Where [bytes] lie in this collection's own block, or -1 where they lie elsewhere. */
    internal fun ownOffset(bytes: MemorySegment): Long {
        val offset = if (bytes.isNative) bytes.address() - block.address else -1
        return if (offset in 0..<block.size) offset else -1
    }

    /** [bytes], which lay at [own] of the block if that is not -1, and lie there still in the one that took its place. */
    internal fun moved(bytes: MemorySegment, own: Long): MemorySegment =
        if (own >= 0) raw.asSlice(own, bytes.byteSize()) else bytes

    /** Calls [action] with a run and an offset in it for each element in order; an element has [width] bytes. */
    @PublishedApi
    @JvmSynthetic
    internal inline fun eachPlace(width: Long, action: (MemorySegment, Long) -> Unit) {
        val before = size
        val seen = stamp
        for (number in 0 until runs) {
            val run = run(number)
            for (index in 0 until run.byteSize() / width) {
                action(run, index * width)
                requireSame(before, seen)
            }
        }
    }

    /** The index of the first element that [matches], or -1; an element has [width] bytes. */
    internal inline fun firstPlace(width: Long, matches: (MemorySegment, Long) -> Boolean): Long {
        requireOpen()
        var base = 0L
        for (number in 0 until runs) {
            val run = run(number)
            val found = guarded { firstIn(run, width, matches) }
            if (found >= 0) return base + found
            base += run.byteSize() / width
        }
        return -1
    }

    /** The index of the last element that [matches], or -1; an element has [width] bytes. */
    internal inline fun lastPlace(width: Long, matches: (MemorySegment, Long) -> Boolean): Long {
        var end = size
        for (number in runs - 1 downTo 0) {
            val run = run(number)
            end -= run.byteSize() / width
            val found = guarded { lastIn(run, width, matches) }
            if (found >= 0) return end + found
        }
        return -1
    }

    /** Goes over the elements one by one, for iterators. */
    internal class Cursor(private val of: OffHeapElements<*>) {
        private val before = of.size
        private val seen = of.changes
        private var index = 0L
        private var number = 0
        private var next = 0L

        private var run = MemorySegment.NULL

        fun hasNext(): Boolean = index < before

        /** Goes to the next element and lets [read] read it. */
        inline fun <R> next(read: (MemorySegment, Long) -> R): R {
            val at = advance()
            return of.guarded { read(run, at) }
        }

        private fun advance(): Long {
            of.requireSame(before, seen)
            if (index >= before) throw NoSuchElementException("There are only $before elements")
            while (next == run.byteSize()) {
                run = of.run(number++)
                next = 0
            }
            index++
            return next.also { next += of.stride }
        }
    }
}

/** The index of the first element in [run], each of [width] bytes, that [matches], or -1. */
internal inline fun firstIn(run: MemorySegment, width: Long, matches: (MemorySegment, Long) -> Boolean): Long {
    for (index in 0 until run.byteSize() / width) if (matches(run, index * width)) return index
    return -1
}

/** The index of the last element in [run], each of [width] bytes, that [matches], or -1. */
internal inline fun lastIn(run: MemorySegment, width: Long, matches: (MemorySegment, Long) -> Boolean): Long {
    for (index in run.byteSize() / width - 1 downTo 0) if (matches(run, index * width)) return index
    return -1
}
