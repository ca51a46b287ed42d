@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.access.Values
import dev.leasehold.memory.internal.platform.bytes
import java.lang.foreign.MemorySegment

/*
 * What every block of a collection begins with, in native byte order, so that it says what it is wherever it is found:
 *
 *   0  long  the mark of all collections; it reads differently in the other byte order, and is then refused
 *   8  int   the kind of the collection
 *  12  int   the version of its format
 *  16  long  the layout of an element, or of a key: a hash of its text
 *  24  long  its size in bytes
 *  32  long  how many elements there are
 *  40  long  how many it has room for
 *  48        what the kind adds
 *
 * There is no address in it nor behind it, so the bytes mean the same wherever they lie.
 */

private const val MARK = 0x4C48_6F66_6648_6561L // "LHoffHea"
private const val MARK_AT = 0L
private const val KIND_AT = 8L
private const val VERSION_AT = 12L
private const val LAYOUT_AT = 16L
private const val ELEMENT_SIZE_AT = 24L

/** Where a header has the number of elements. */
internal const val COUNT_AT: Long = 32

/** Where a header has the number of elements that there is room for. */
internal const val CAPACITY_AT: Long = 40

/** Where a header has what its kind adds. */
internal const val MORE_AT: Long = 48

/** How many bytes a header has: the first element lies there if its alignment allows. A line of the cache. */
internal const val HEADER_BYTES: Long = 64

/** How many bytes the header of a kind has that adds more than two words. */
internal const val LONG_HEADER_BYTES: Long = 128

/** Below this many bytes a block doubles when it grows, and from there on it grows by half. */
internal const val DOUBLES_BELOW: Long = 1L shl 20

internal const val LIST_KIND: Int = 1
internal const val STACK_KIND: Int = 2
internal const val QUEUE_KIND: Int = 3
internal const val APPEND_LIST_KIND: Int = 4
internal const val DICTIONARY_KIND: Int = 5
internal const val STRING_TABLE_KIND: Int = 6

/** What the kinds are called in messages. */
private val KIND_NAMES = listOf("list", "stack", "queue", "append-only list", "dictionary", "string table")

internal fun readLong(raw: MemorySegment, at: Long): Long = Values.LONG.get(raw, at) as Long

internal fun writeLong(raw: MemorySegment, at: Long, value: Long): Unit = Values.LONG.set(raw, at, value)

private fun readInt(raw: MemorySegment, at: Long): Int = Values.INT.get(raw, at) as Int

/** The smallest multiple of [unit], a power of two, that is not below [value]. */
internal fun roundedUp(value: Long, unit: Long): Long = (value + unit - 1) and -unit

/** [count] times [size], or [Long.MAX_VALUE] where that is more: no manager grants so many bytes. */
internal fun bytesOf(count: Long, size: Long): Long =
    if (Math.multiplyHigh(count, size) == 0L && count * size >= 0) count * size else Long.MAX_VALUE

/** [first] plus [second], neither of them negative, or [Long.MAX_VALUE] where that is more. */
internal fun sumOf(first: Long, second: Long): Long = (first + second).let { if (it < 0) Long.MAX_VALUE else it }

/** A number that says with all the certainty of 64 bits whether two texts are the same, in every process (FNV-1a). */
internal fun stableHash(text: String): Long {
    var hash = -0x340d631b7bdddcdbL
    for (byte in text.encodeToByteArray()) hash = (hash xor (byte.toLong() and 0xFF)) * 0x100000001b3L
    return hash
}

/** What messages call elements of [type]: the name before the fields of a struct. */
internal fun nameOf(type: ElementType<*>): String = type.layout.takeWhile { it.isLetterOrDigit() || it in "_.$" }

/** Zeroes the header in [raw] and writes what is the same in all kinds; the number of elements and the room stay 0. */
internal fun writeHeader(raw: MemorySegment, size: Long, kind: Int, version: Int, type: ElementType<*>) {
    Segment.of(raw.asSlice(0, size)).zero()
    writeLong(raw, MARK_AT, MARK)
    Values.INT.set(raw, KIND_AT, kind)
    Values.INT.set(raw, VERSION_AT, version)
    writeLong(raw, LAYOUT_AT, stableHash(type.layout))
    writeLong(raw, ELEMENT_SIZE_AT, type.byteSize)
}

/**
 * Refuses [block], the header of which has [size] bytes and is in [raw], unless it holds a collection of this [kind]
 * and [version] with elements or keys of [type].
 */
internal fun checkHeader(block: Block, raw: MemorySegment, size: Long, kind: Int, version: Int, type: ElementType<*>) {
    val wanted = KIND_NAMES[kind - 1]
    val holder = holder(block)
    if (raw.byteSize() < size || readLong(raw, MARK_AT) != MARK) {
        throw ElementLayoutException(
            "$holder holds no off-heap collection of a machine of this byte order: open the block that a $wanted gave",
        )
    }
    val found = readInt(raw, KIND_AT)
    if (found != kind) {
        val what = KIND_NAMES.getOrElse(found - 1) { "collection of the unknown kind $found" }
        throw ElementLayoutException("$holder holds a $what, and was to be opened as a $wanted: open it as what it is")
    }
    val written = readInt(raw, VERSION_AT)
    if (written != version) {
        throw ElementLayoutException(
            "$holder holds a $wanted of version $written, and this library reads version $version: open it with a " +
                "library that reads $written",
        )
    }
    checkLayout(holder, wanted, if (kind == DICTIONARY_KIND) "keys" else "elements", raw, LAYOUT_AT, type)
}

/** Refuses the [parts] of a collection whose layout and size are at [at] of [raw], unless they are those of [type]. */
internal fun checkLayout(
    holder: String,
    wanted: String,
    parts: String,
    raw: MemorySegment,
    at: Long,
    type: ElementType<*>,
) {
    val layout = readLong(raw, at)
    val size = readLong(raw, at + Long.SIZE_BYTES)
    val expected = stableHash(type.layout)
    if (layout == expected && size == type.byteSize) return
    throw ElementLayoutException(
        "$holder holds a $wanted whose $parts have ${bytes(size)} and the layout ${layout.toHexString()}, and was to " +
            "be opened with $parts of ${bytes(type.byteSize)} and the layout ${expected.toHexString()} " +
            "(${type.layout}): give the type that it was made with",
    )
}

/** What messages call [block]. */
internal fun holder(block: Block): String = "The block of ${bytes(block.size)} from manager '${block.manager.name}'"

/** The exception for figures of a [what] in [block] that cannot be: its bytes were overwritten. */
internal fun damagedHeader(block: Block, what: String) = ElementLayoutException(
    "${holder(block)} begins as a $what does, but its figures contradict each other or the block's size: it was " +
        "overwritten, or copied in part",
)

/** Refuses [block] where its place in memory is no multiple of [alignment], which [what] needs. */
internal fun checkAlignment(block: Block, alignment: Long, what: String) {
    if (block.address and (alignment - 1) == 0L) return
    throw ElementLayoutException(
        "The block at 0x${block.address.toHexString()} from manager '${block.manager.name}' holds a $what whose " +
            "elements need addresses that are multiples of $alignment: allocate it with that alignment",
    )
}

/** The collection that [make] makes of [block], with its bytes at hand. The block is closed where that fails. */
internal inline fun <C : OffHeapCollection> attached(block: Block, make: (Block) -> C): C {
    try {
        return make(block).also { it.attach() }
    } catch (failure: Throwable) {
        block.close()
        throw failure
    }
}

/** The view of [fresh] once [fill] has filled it. The block is closed where that fails. */
internal inline fun viewOf(fresh: Block, fill: (MemorySegment) -> Unit): MemorySegment {
    try {
        return fresh.asKeptMemorySegment().also(fill)
    } catch (failure: Throwable) {
        fresh.close()
        throw failure
    }
}
