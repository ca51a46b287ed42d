@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.platform.bytes
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicLong

// What the block of a dictionary is made of; how entries lie in it is said in DictionaryTable.kt.

private const val VERSION = 1

/** Where the header has the name of the hash, as a hash. */
internal const val HASH_AT: Long = MORE_AT

/** Where the header has whether there is an entry of the key 0. */
internal const val ZERO_AT: Long = MORE_AT + 8

/** Where the header has the layout of the values, and behind it their size. */
internal const val VALUE_LAYOUT_AT: Long = HEADER_BYTES

/** Where the header has the multiplier. */
internal const val MULTIPLIER_AT: Long = HEADER_BYTES + 16

// As many bits a place has for the offset of an entry.
private const val MOST_TABLE_BYTES = 1L shl OffHeapDictionary.OFFSET_BITS

private const val LEAST_SLOTS = 8L
private const val GOLDEN = -0x61c8864680b583ebL

private val SEEDS = AtomicLong(System.nanoTime())

// ---- the shape of a slot ----

private val PRIMITIVES = listOf(
    ElementType.BYTE,
    ElementType.SHORT,
    ElementType.CHAR,
    ElementType.INT,
    ElementType.LONG,
    ElementType.FLOAT,
    ElementType.DOUBLE,
)

/** Whether a slot begins with the hash of its key: with all but primitives. */
internal fun isMarked(key: ElementType<*>): Boolean = key !in PRIMITIVES

/** Where in a slot the key is. */
internal fun keyOffset(key: ElementType<*>): Long =
    if (isMarked(key)) roundedUp(Long.SIZE_BYTES.toLong(), key.alignment) else 0

/** Where in a slot the value is. */
internal fun valueOffset(key: ElementType<*>, value: ElementType<*>): Long =
    roundedUp(keyOffset(key) + key.byteSize, value.alignment)

/** What the address of a slot is a multiple of. */
internal fun slotAlignment(key: ElementType<*>, value: ElementType<*>): Long =
    maxOf(if (isMarked(key)) Long.SIZE_BYTES.toLong() else 1, key.alignment, value.alignment)

/** How many bytes a slot has. */
internal fun strideOf(key: ElementType<*>, value: ElementType<*>): Long =
    roundedUp(valueOffset(key, value) + value.byteSize, slotAlignment(key, value))

/** Where in the block the first slot is, at the start of a line; the slot before it is for the key 0. */
internal fun firstOf(key: ElementType<*>, value: ElementType<*>): Long =
    roundedUp(LONG_HEADER_BYTES + strideOf(key, value), maxOf(HEADER_BYTES, slotAlignment(key, value)))

// ---- the size of a table ----

/**
 * A multiplier that no other dictionary has, all but certainly: a fraction of 2^64 whose expansion into a continued
 * fraction has nothing but ones and twos, chosen at random. Like the golden ratio, which has ones only, it spreads keys
 * that follow one another as evenly as can be (Knuth; the theorem of three distances).
 */
internal fun newMultiplier(): Long {
    var choices = SEEDS.addAndGet(GOLDEN).let { (it xor (it ushr 32)) * GOLDEN }
    var (above, below) = 0L to 1L
    var (nextAbove, nextBelow) = 1L to 1L
    while (nextBelow < 1L shl 30) {
        val part = 1 + (choices and 1)
        choices = choices ushr 1
        nextAbove = (part * nextAbove + above).also { above = nextAbove }
        nextBelow = (part * nextBelow + below).also { below = nextBelow }
    }
    // The quotient's 64 bits in two steps, as neither number has more than 32.
    val high = java.lang.Long.divideUnsigned(nextAbove shl 32, nextBelow)
    val rest = java.lang.Long.remainderUnsigned(nextAbove shl 32, nextBelow)
    return (high shl 32) or java.lang.Long.divideUnsigned(rest shl 32, nextBelow) or 1
}

/** How many entries [slots] slots take before they are too full. */
internal fun limitOf(slots: Long): Long = slots * 2 / 3

/** How many slots [capacity] entries need. */
internal fun slotsFor(capacity: Long): Long = powerOfTwo(maxOf(LEAST_SLOTS, sumOf(capacity, capacity / 2 + 1)))

/** How far a product is shifted to be the number of one of [slots] slots, a power of two. */
internal fun shiftOf(slots: Long): Int = java.lang.Long.numberOfLeadingZeros(slots) + 1

/** [size], if a table can have as many bytes. */
internal fun requireTable(size: Long): Long {
    if (size <= MOST_TABLE_BYTES) return size
    throw InvalidSizeException(
        "A dictionary of ${bytes(size)} was requested, and none can have more than ${bytes(MOST_TABLE_BYTES)}: use " +
            "several",
        size,
    )
}

// ---- the block ----

/** A block of [manager] for a dictionary with [slots] slots, all of them free, behind a complete header. */
internal fun newTable(
    keyType: ElementType<*>,
    valueType: ElementType<*>,
    manager: MemoryManager,
    slots: Long,
    hash: KeyHash<*>,
): Block {
    val size = sumOf(firstOf(keyType, valueType), bytesOf(slots, strideOf(keyType, valueType)))
    val alignment = maxOf(HEADER_BYTES, slotAlignment(keyType, valueType))
    val block = manager.allocateZeroed(requireTable(size), alignment)
    try {
        block.withSegment {
            writeHeader(it.raw, LONG_HEADER_BYTES, DICTIONARY_KIND, VERSION, keyType)
            writeLong(it.raw, CAPACITY_AT, slots)
            writeLong(it.raw, HASH_AT, stableHash(hash.name))
            writeLong(it.raw, VALUE_LAYOUT_AT, stableHash(valueType.layout))
            writeLong(it.raw, VALUE_LAYOUT_AT + Long.SIZE_BYTES, valueType.byteSize)
            writeLong(it.raw, MULTIPLIER_AT, newMultiplier())
        }
        return block
    } catch (failure: Throwable) {
        block.close()
        throw failure
    }
}

/** Refuses [block], whose bytes are in [raw], unless it holds a dictionary of these types and this [hash]. */
internal fun checkTable(
    block: Block,
    raw: MemorySegment,
    keyType: ElementType<*>,
    valueType: ElementType<*>,
    hash: KeyHash<*>,
) {
    checkHeader(block, raw, LONG_HEADER_BYTES, DICTIONARY_KIND, VERSION, keyType)
    checkLayout(holder(block), "dictionary", "values", raw, VALUE_LAYOUT_AT, valueType)
    if (readLong(raw, HASH_AT) != stableHash(hash.name)) {
        throw ElementLayoutException(
            "${holder(block)} holds a dictionary whose entries lie by another hash than $hash: give the one " +
                "that it was made with",
        )
    }
    val slots = readLong(raw, CAPACITY_AT)
    val size = sumOf(firstOf(keyType, valueType), bytesOf(slots, strideOf(keyType, valueType)))
    // The entry of the key 0 takes no slot.
    val fits = slots > 1 && slots and (slots - 1) == 0L && size <= raw.byteSize()
    if (!fits || readLong(raw, COUNT_AT) !in 0..limitOf(slots) + 1) throw damagedHeader(block, "dictionary")
}
