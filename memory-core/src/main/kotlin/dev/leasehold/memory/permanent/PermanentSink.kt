package dev.leasehold.memory.permanent

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.FieldValueException
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructOf
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.asStruct
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/**
 * What bytes can be appended to, for ever: a [PermanentMemory], or a [PermanentAppender] that fills a part of one.
 *
 * What does not fit is refused, by an exception or, from the functions that begin with `try`, by null; then nothing has
 * changed, and something smaller may fit.
 *
 * **Ownership.** Nobody's: what was appended stays where it is to the end of the process, and is never moved.
 * **Threads.** What is in the bytes is seen by the threads and processes that learn the address in a safe way, for
 * instance from a [PermanentTable] or a volatile variable.
 * **Zeroed.** What is reserved is zero.
 * **Cost.** Nothing is allocated but the view of what is reserved, and the number that a `tryAppend` returns where the
 * compiler cannot do without. Pages are populated with what takes them: a microsecond and more for each.
 *
 * **Every function** that appends or reserves can throw [MemoryExhaustedException] when the system has no memory for the
 * pages, also where its name begins with `try`, as to try again would not help; [InvalidAlignmentException] when the
 * alignment is no power of two up to 1 GiB; and [ViewClosedException] when the memory is that of another process, whose
 * [ProcessMemory] is closed. An appender adds what it says. What is to be copied is looked at first: when it has ended,
 * or belongs to another thread, that is thrown, and nothing was taken.
 */
public sealed class PermanentSink(
    @get:JvmSynthetic internal val buffer: AppendBuffer,
) {
    // On the way of each append, so one step nearer than in the buffer.
    private val content = buffer.bytes
    private val start = buffer.address

    /** How many bytes are left. A moment's truth, where others append too. */
    public abstract val remaining: Long

    /**
     * Whether [size] bytes at a multiple of [alignment] fit now. A moment's truth, where others append too.
     *
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmOverloads
    public fun canFit(size: Long, alignment: Long = 1): Boolean {
        checkPermanentAlignment(alignment)
        return size >= 0 && access(content, 0, size) { fits(size, alignment) }
    }

    @JvmSynthetic
    internal abstract fun fits(size: Long, alignment: Long): Boolean

    /** Takes [size] bytes: where they begin in the buffer, or why it cannot, as [AppendBuffer.claim]. */
    @JvmSynthetic
    internal abstract fun claim(size: Long, alignment: Long): Long

    @JvmSynthetic
    internal fun require(size: Long, alignment: Long): Long {
        val start = tryClaim(size, alignment)
        if (start < 0) throw PermanentMemoryFullException(size, alignment, remaining)
        return start
    }

    private fun tryClaim(size: Long, alignment: Long): Long {
        if (size < 0) throw InvalidSizeException(PermanentMessages.negative(size), size)
        checkPermanentAlignment(alignment)
        val claimed = access(content, 0, size) { claim(size, alignment) }
        if (claimed == AppendBuffer.NO_MEMORY) throw noPages(size)
        return claimed
    }

    private fun put(at: Long, bytes: MemorySegment): Long {
        MemorySegment.copy(bytes, 0, content, at, bytes.byteSize())
        return start + at
    }

    private fun put(at: Long, bytes: ByteArray): Long {
        MemorySegment.copy(bytes, 0, content, JAVA_BYTE, at, bytes.size)
        return start + at
    }

    private fun part(at: Long, size: Long): MemorySegment = content.asSlice(at, size)

    // ---- bytes ----

    /**
     * Appends a copy of [bytes] at a multiple of [alignment], a power of two.
     *
     * **Cost.** One compare-and-set and the copy; nothing is allocated.
     *
     * @return the address of the copy, in the process that the memory belongs to
     * @throws PermanentMemoryFullException when it does not fit
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun append(bytes: Segment, alignment: Long = 1): Long = append(bytes.asMemorySegment(), alignment)

    /** Appends a copy of [bytes]: as [append] of a segment. */
    @JvmOverloads
    @IgnorableReturnValue
    public fun append(bytes: ByteArray, alignment: Long = 1): Long = put(require(bytes.size.toLong(), alignment), bytes)

    /** Appends a copy of [bytes]: as [append] of a segment. */
    @JvmOverloads
    @IgnorableReturnValue
    public fun append(bytes: MemorySegment, alignment: Long = 1): Long {
        checkReadable(bytes)
        return put(require(bytes.byteSize(), alignment), bytes)
    }

    /** [append], or null when it does not fit. */
    @JvmSynthetic
    public fun tryAppend(bytes: Segment, alignment: Long = 1): Long? = tryAppend(bytes.asMemorySegment(), alignment)

    /** [append], or null when it does not fit. */
    @JvmOverloads
    public fun tryAppend(bytes: ByteArray, alignment: Long = 1): Long? {
        val start = tryClaim(bytes.size.toLong(), alignment)
        return if (start < 0) null else put(start, bytes)
    }

    /** [append], or null when it does not fit. */
    @JvmOverloads
    public fun tryAppend(bytes: MemorySegment, alignment: Long = 1): Long? {
        checkReadable(bytes)
        val start = tryClaim(bytes.byteSize(), alignment)
        return if (start < 0) null else put(start, bytes)
    }

    // ---- structs ----

    /**
     * Appends a copy of [struct], at the alignment of its [type].
     *
     * @return the address of the copy, in the process that the memory belongs to
     * @throws PermanentMemoryFullException when it does not fit
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun <S : Struct<S>> append(type: ElementType<S>, struct: StructView<S>): Long =
        append(struct.asSegment(), type.alignment)

    /**
     * Appends [value] as a struct of [type], which describes its record, for Java.
     *
     * **Cost.** The record is written elsewhere first, which allocates that.
     *
     * @return the address of the struct, in the process that the memory belongs to
     * @throws PermanentMemoryFullException when it does not fit
     * @throws FieldValueException when an array has another length, a text is too long, or a part is null
     * @throws MalformedTextException when a text has a lone surrogate or a NUL
     */
    @IgnorableReturnValue
    public fun <R : Record> append(type: StructOf<R>, value: R): Long = Arena.ofConfined().use { arena ->
        // Elsewhere first: a value that cannot be written shall take no room.
        val struct = arena.allocate(type.byteSize, type.alignment)
        type.set(struct, 0, value)
        append(struct, type.alignment)
    }

    // ---- room ----

    /**
     * Reserves [size] bytes at a multiple of [alignment], for the caller to fill.
     *
     * @throws PermanentMemoryFullException when they do not fit
     * @throws InvalidSizeException when [size] is negative
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmSynthetic
    public fun reserve(size: Long, alignment: Long = 1): Segment = Segment.of(reserveMemorySegment(size, alignment))

    /** [reserve], or null when they do not fit. */
    @JvmSynthetic
    public fun tryReserve(size: Long, alignment: Long = 1): Segment? =
        tryReserveMemorySegment(size, alignment)?.let(Segment::of)

    /** [reserve] of the room of one struct of [type]. */
    @JvmSynthetic
    public fun <S : Struct<S>> reserve(type: ElementType<S>): StructView<S> =
        reserve(type.byteSize, type.alignment).asStruct(type)

    /** [reserve] for Java. */
    @JvmOverloads
    public fun reserveMemorySegment(size: Long, alignment: Long = 1): MemorySegment =
        part(require(size, alignment), size)

    /** [tryReserve] for Java. */
    @JvmOverloads
    public fun tryReserveMemorySegment(size: Long, alignment: Long = 1): MemorySegment? {
        val start = tryClaim(size, alignment)
        return if (start < 0) null else part(start, size)
    }
}
