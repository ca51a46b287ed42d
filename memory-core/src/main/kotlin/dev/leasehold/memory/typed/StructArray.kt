package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.internal.typed.swapBytes
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BOOLEAN
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

/**
 * A view of the same memory as structs of [type], one behind the other; the address needs no alignment.
 *
 * @throws SegmentSizeException when the size is no multiple of the struct's
 * @throws StructLayoutException when [type] has no fields
 */
@JvmSynthetic
public fun <S : Struct<S>> Segment.asStructs(type: ElementType<S>): StructArray<S> =
    StructArray(requireWhole(raw, type.byteSize.toInt(), "structs"), type.byteSize)

/**
 * A view of the same memory as one struct of [type].
 *
 * @throws SegmentSizeException when the size is not the struct's
 * @throws StructLayoutException when [type] has no fields
 */
@JvmSynthetic
public fun <S : Struct<S>> Segment.asStruct(type: ElementType<S>): StructView<S> {
    if (size != type.byteSize) throw noSingleStruct(type, size)
    return StructView(raw)
}

/**
 * A view of native memory as structs [S], one behind the other: it owns nothing and lives as long as the [Segment] that
 * it was taken from.
 *
 * ```
 * particles.forEach { p -> p[Particle.x] += p[Particle.vx] }
 * for (p in particles) p[Particle.x] = 0f
 * particles[7, Particle.x] = 1f
 * ```
 *
 * **Threads.** As for a [Segment].
 *
 * **Cost.** [forEach], a `for` loop, and a loop over the indexes run about as fast as one that is written by hand for
 * the struct; one field of a struct at any index is some tenth of a nanosecond more. Nothing is allocated, as long as
 * views do not escape.
 *
 * **Every access** throws what one to a [StructView] does, and [ElementBoundsException] when there is no such element.
 * A refused access has written nothing.
 */
public class StructArray<S : Struct<S>> @PublishedApi internal constructor(
    @PublishedApi @JvmField internal val raw: MemorySegment,
    @PublishedApi @JvmField internal val stride: Long,
) {
    /** How many structs there are. */
    public val size: Long = raw.byteSize() / stride

    /** A view of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long): StructView<S> {
        requireNotWrapped(index)
        return try {
            StructView(raw.asSlice(index * stride, stride))
        } catch (_: IndexOutOfBoundsException) {
            throw outside(index)
        }
    }

    /** Copies [value] over the struct at [index]. */
    @JvmSynthetic
    public operator fun set(index: Long, value: StructView<S>): Unit = get(index).copyFrom(value)

    /** Calls [action] with a view of each struct in order. */
    @JvmSynthetic
    public inline fun forEach(action: (StructView<S>) -> Unit) {
        // In locals, which the action cannot change in the compiler's eyes.
        val raw = raw
        val stride = stride
        for (index in 0L until size) action(StructView(raw.asSlice(index * stride, stride)))
    }

    /** Calls [action] with the index and a view of each struct in order. */
    @JvmSynthetic
    public inline fun forEachIndexed(action: (index: Long, StructView<S>) -> Unit) {
        val raw = raw
        val stride = stride
        for (index in 0L until size) action(index, StructView(raw.asSlice(index * stride, stride)))
    }

    /** The structs in order, for a loop: views, which are not boxed. */
    @JvmSynthetic
    public operator fun iterator(): StructIterator<S> = StructIterator(this)

    /**
     * A view of the structs from [fromIndex] up to [toIndex], which is not part of it.
     *
     * @throws ElementBoundsException when a part of it is outside
     */
    @JvmOverloads
    public fun slice(fromIndex: Long, toIndex: Long = size): StructArray<S> {
        if (fromIndex < 0 || toIndex < fromIndex || toIndex > size) throw noSuchPart(fromIndex, toIndex, size)
        return StructArray(raw.asSlice(fromIndex * stride, (toIndex - fromIndex) * stride), stride)
    }

    /** Sets all structs to copies of [value], which may be one of them. */
    @JvmSynthetic
    public fun fill(value: StructView<S>) {
        if (size == 0L) return
        set(0, value)
        var done = stride
        while (done < raw.byteSize()) {
            val length = minOf(done, raw.byteSize() - done)
            copy(raw, 0, raw, done, length)
            done += length
        }
    }

    /** Sets all bytes to 0, padding included. */
    public fun zero(): Unit = access(raw, 0, raw.byteSize()) { fillBytes(raw, 0) }

    /**
     * Copies all structs to [target] from [targetIndex] on. Where the two overlap, [target] ends up with what this held
     * before.
     *
     * @throws ElementBoundsException when they do not all fit; nothing is copied
     */
    @JvmOverloads
    public fun copyTo(target: StructArray<S>, targetIndex: Long = 0) {
        if (targetIndex < 0 || targetIndex > target.size - size) {
            throw noSuchPart(targetIndex, targetIndex + size, target.size)
        }
        copy(raw, 0, target.raw, targetIndex * stride, raw.byteSize())
    }

    /** Exchanges the structs at [first] and [second], all of their bytes. */
    public fun swap(first: Long, second: Long) {
        requireElement(first)
        requireElement(second)
        access(raw, first * stride, stride) { swapBytes(raw, first * stride, second * stride, stride) }
    }

    /** The boolean in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: BooleanField<S>): Boolean =
        at(index, field.offset, 1) { raw.get(JAVA_BOOLEAN, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: BooleanField<S>, value: Boolean): Unit =
        at(index, field.offset, 1) { raw.set(JAVA_BOOLEAN, it, value) }

    /** The byte in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: ByteField<S>): Byte =
        at(index, field.offset, 1) { raw.get(JAVA_BYTE, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: ByteField<S>, value: Byte): Unit =
        at(index, field.offset, 1) { raw.set(JAVA_BYTE, it, value) }

    /** The short in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: ShortField<S>): Short =
        at(index, field.offset, 2) { raw.get(JAVA_SHORT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: ShortField<S>, value: Short): Unit =
        at(index, field.offset, 2) { raw.set(JAVA_SHORT_UNALIGNED, it, value) }

    /** The char in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: CharField<S>): Char =
        at(index, field.offset, 2) { raw.get(JAVA_CHAR_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: CharField<S>, value: Char): Unit =
        at(index, field.offset, 2) { raw.set(JAVA_CHAR_UNALIGNED, it, value) }

    /** The int in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: IntField<S>): Int =
        at(index, field.offset, 4) { raw.get(JAVA_INT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: IntField<S>, value: Int): Unit =
        at(index, field.offset, 4) { raw.set(JAVA_INT_UNALIGNED, it, value) }

    /** The long in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: LongField<S>): Long =
        at(index, field.offset, 8) { raw.get(JAVA_LONG_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: LongField<S>, value: Long): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, it, value) }

    /** The handle in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: HandleField<S>): Handle =
        at(index, field.offset, 8) { Handle(raw.get(JAVA_LONG_UNALIGNED, it)) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: HandleField<S>, value: Handle): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, it, value.bits) }

    /** The float in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: FloatField<S>): Float =
        at(index, field.offset, 4) { raw.get(JAVA_FLOAT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: FloatField<S>, value: Float): Unit =
        at(index, field.offset, 4) { raw.set(JAVA_FLOAT_UNALIGNED, it, value) }

    /** The double in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: DoubleField<S>): Double =
        at(index, field.offset, 8) { raw.get(JAVA_DOUBLE_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: DoubleField<S>, value: Double): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_DOUBLE_UNALIGNED, it, value) }

    /** Whether the bit [field] of the struct at [index] is set. */
    @JvmSynthetic
    public operator fun get(index: Long, field: FlagField<S>): Boolean = get(index)[field]

    /** Sets the bit [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: FlagField<S>, value: Boolean): Unit = get(index).set(field, value)

    /** The number in the bits [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: BitsField<S>): Int = get(index)[field]

    /** Sets the bits [field] of the struct at [index] to [value]: as [StructView.set] does. */
    @JvmSynthetic
    public operator fun set(index: Long, field: BitsField<S>, value: Int): Unit = get(index).set(field, value)

    /** The text in [field] of the struct at [index]: as [StructView.get] reads it. */
    @JvmSynthetic
    public operator fun get(index: Long, field: TextField<S>): String = get(index)[field]

    /** Sets [field] of the struct at [index] to [text]: as [StructView.set] does. */
    @JvmSynthetic
    public operator fun set(index: Long, field: TextField<S>, text: String): Unit = get(index).set(field, text)

    /** The same memory as bytes again. */
    @JvmSynthetic
    public fun asSegment(): Segment = Segment.of(raw)

    /** The named crossing to the platform's type: the same memory, the same lifetime. */
    public fun asMemorySegment(): MemorySegment = raw

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "StructArray(${hex(raw.address())}, ${counted(size, "struct")} of $stride bytes)"

    /** Runs [action] with the place of the [length] bytes at [offset] of the struct at [index]: one check, no view. */
    private inline fun <R> at(index: Long, offset: Long, length: Long, action: (Long) -> R): R {
        requireNotWrapped(index)
        return try {
            action(index * stride + offset)
        } catch (failure: RuntimeException) {
            throw explainElement(failure, index, offset, length)
        }
    }

    private fun explainElement(failure: RuntimeException, index: Long, offset: Long, length: Long): RuntimeException {
        if (failure is IndexOutOfBoundsException) return outside(index)
        return explain(failure, raw, index * stride + offset, length)
    }

    // The JVM's own check is exact as long as the offset does not wrap round. The first condition is false for all that
    // an Int can hold, and the others in a loop up to the size, so the compiler drops this in either case.
    private fun requireNotWrapped(index: Long) {
        if ((index + LARGE) ushr LARGE_BITS != 0L && (index < 0 || index >= size)) throw outside(index)
    }

    private fun requireElement(index: Long) {
        if (index < 0 || index >= size) throw outside(index)
    }

    private fun outside(index: Long) = noSuchElement("The array of structs", index, size)

    private companion object {
        /** From here on an index times the size of a struct, which is below 2^24, may be more than a Long can hold. */
        const val LARGE = 1L shl 38
        const val LARGE_BITS = 39
    }
}

/** Walks over a [StructArray] in a `for` loop, on the thread that began it. **Cost.** No object for a struct. */
public class StructIterator<S : Struct<S>> internal constructor(private val structs: StructArray<S>) {
    private var index = 0L

    /** Whether there is another struct. */
    public operator fun hasNext(): Boolean = index < structs.size

    /**
     * A view of the next struct.
     *
     * @throws NoSuchElementException when there is none
     */
    @JvmSynthetic
    public operator fun next(): StructView<S> {
        if (!hasNext()) throw NoSuchElementException("There are only ${counted(structs.size, "struct")}")
        return StructView(structs.raw.asSlice(index++ * structs.stride, structs.stride))
    }
}
