@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment

/*
 * How a dictionary lies in its block, behind its header of 128 bytes:
 *
 *      | zero | slot 0 | slot 1 | ... | slot 2^k - 1 |         a slot:  | mark | key | value |
 *
 * A slot has key and value side by side, so that a hit touches one line of the cache. The mark says whether the slot is
 * taken, and is not 0 then:
 *
 *   primitive keys    the key's bits themselves; the entry of the key whose bits are 0 is apart, before the table
 *   structs           the key's hash, 1 in place of 0, and then the key's bytes: they are compared only where all 64
 *                     bits of the hash agree, and where entries move no key is hashed again
 *
 * The home of a key is hash * multiplier, of which the topmost k bits count (multiplicative hashing, after Knuth). A key
 * lies at its home or in the first free slot behind it, going round (linear probing), and at most two thirds of the
 * slots are taken. A removal moves entries back over the gap and leaves no tombstone: the table is then as if the key
 * had never been there. Free slots are all zeros.
 *
 * The multiplier differs from dictionary to dictionary. With one for all, the entries of a dictionary, when iterated,
 * would come in the order of their homes in another one and fill that from one end: to copy a dictionary into one that
 * is growing would take quadratic time. Within one dictionary that very order is what makes growing fast: the table is
 * read and the next one written from front to back.
 *
 * What bounds a search beyond the cache is how many of them the processor has under way at once, which its window of a
 * few hundred instructions decides. So the paths that most calls take have as few instructions as can be: what is in
 * fields is loaded once, sizes are constants where keys and values are both known (DictionaryDirect.kt), and what is
 * rare (the key 0, growing, a hash of one's own) is behind one branch and in a function of its own.
 *
 * Tried and rejected: tags in groups of eight, or in chunks of a line, for primitive keys (twice as fast within the
 * cache, but a hit beyond it takes 1.5 to 3 times as long); a first probe ahead of the loop, and two probes at once
 * without a branch between them (both slower, as a hit then waits for what a branch would have guessed).
 */

// Added to the shift of a dictionary with a hash of its own; the JVM shifts by the lowest six bits only.
internal const val OWN_HASH: Int = 64

// ---- finding ----

/** Where the entry of the byte [key] is, or the inverse of the free slot where it would be. */
internal fun OffHeapDictionary<*, *>.findByte(key: Byte): Long =
    guarded { probe(key.toLong()) { raw, at -> (Values.BYTE.get(raw, at) as Byte).toLong() } }

/** The same for the two bytes [key]. */
internal fun OffHeapDictionary<*, *>.findShort(key: Short): Long =
    guarded { probe(key.toLong()) { raw, at -> (Values.SHORT.get(raw, at) as Short).toLong() } }

/** The same for the four bytes [key]. */
internal fun OffHeapDictionary<*, *>.findInt(key: Int): Long =
    guarded { probe(key.toLong()) { raw, at -> (Values.INT.get(raw, at) as Int).toLong() } }

/** The same for the eight bytes [key]. */
internal fun OffHeapDictionary<*, *>.findLong(key: Long): Long =
    guarded { probe(key) { raw, at -> Values.LONG.get(raw, at) as Long } }

/** The same for the struct [key]. */
internal fun OffHeapDictionary<*, *>.findStruct(key: MemorySegment): Long {
    requireKey(key)
    return guarded { probeStruct(key, markOf(key)) }
}

private inline fun OffHeapDictionary<*, *>.probe(key: Long, mark: (MemorySegment, Long) -> Long): Long {
    if (key == 0L) return zeroSlot()
    val raw = raw
    val stride = stride
    var at = first + home(key, shift) * stride
    while (true) {
        val found = mark(raw, at)
        if (found == key) return at
        if (found == 0L) return at.inv()
        at += stride
        if (at == end) at = first
    }
}

/** Where the entry of the key 0 is, or the inverse of where it would be. */
internal fun OffHeapDictionary<*, *>.zeroSlot(): Long {
    requireOpen()
    return (first - stride).let { if (zero) it else it.inv() }
}

private fun OffHeapDictionary<*, *>.probeStruct(key: MemorySegment, mark: Long): Long {
    val raw = raw
    var at = first + home(mark, shift) * stride
    while (true) {
        val found = readLong(raw, at)
        if (found == mark && sameBytes(raw, at + keyAt, key, keyBytes)) return at
        if (found == 0L) return at.inv()
        at += stride
        if (at == end) at = first
    }
}

/**
 * The number of the slot where the search for the key of [mark] begins; [shift] says how many slots there are, and
 * whether the dictionary has a hash of its own.
 */
internal fun OffHeapDictionary<*, *>.home(mark: Long, shift: Int): Long {
    val hash = if (shift < OWN_HASH) mark else ownHash(mark)
    return (hash * multiplier) ushr shift
}

private fun OffHeapDictionary<*, *>.ownHash(mark: Long): Long = ofBits!!.applyAsLong(mark)

/** The mark of the struct [key]. */
internal fun OffHeapDictionary<*, *>.markOf(key: MemorySegment): Long {
    val bytes = ofBytes
    val hash = if (bytes == null) hashBytes(key, keyBytes) else bytes.applyAsLong(key)
    return if (hash == 0L) 1 else hash
}

/** The mark in the slot at [at] of [raw]. */
internal fun OffHeapDictionary<*, *>.markIn(raw: MemorySegment, at: Long): Long = when (markBytes) {
    1 -> (Values.BYTE.get(raw, at) as Byte).toLong()
    2 -> (Values.SHORT.get(raw, at) as Short).toLong()
    4 -> (Values.INT.get(raw, at) as Int).toLong()
    else -> Values.LONG.get(raw, at) as Long
}

// ---- making entries ----

/** Where the entry of the byte [key] is; if it was made just now, with zeros as its value, the inverse of that. */
internal fun OffHeapDictionary<*, *>.claimByte(key: Byte): Long {
    val found = findByte(key)
    return if (found >=
        0
    ) {
        found
    } else {
        made(found, key.toLong(), { findByte(key) }) { at -> Values.BYTE.set(raw, at, key) }
    }
}

/** The same for the two bytes [key]. */
internal fun OffHeapDictionary<*, *>.claimShort(key: Short): Long {
    val found = findShort(key)
    return if (found >=
        0
    ) {
        found
    } else {
        made(found, key.toLong(), { findShort(key) }) { at -> Values.SHORT.set(raw, at, key) }
    }
}

/** The same for the four bytes [key]. */
internal fun OffHeapDictionary<*, *>.claimInt(key: Int): Long {
    val found = findInt(key)
    return if (found >= 0) found else made(found, key.toLong(), { findInt(key) }) { at -> Values.INT.set(raw, at, key) }
}

/** The same for the eight bytes [key]. */
internal fun OffHeapDictionary<*, *>.claimLong(key: Long): Long {
    val found = findLong(key)
    return if (found >= 0) found else made(found, key, { findLong(key) }) { at -> Values.LONG.set(raw, at, key) }
}

/** The same for the key that has the mark [mark], where keys are primitives. */
internal fun OffHeapDictionary<*, *>.claimMark(mark: Long): Long = when (markBytes) {
    1 -> claimByte(mark.toByte())
    2 -> claimShort(mark.toShort())
    4 -> claimInt(mark.toInt())
    else -> claimLong(mark)
}

private inline fun OffHeapDictionary<*, *>.made(
    found: Long,
    key: Long,
    find: () -> Long,
    write: (Long) -> Unit,
): Long {
    if (key == 0L) return madeZero(found)
    var free = found
    if (count >= limit) {
        grow()
        free = find()
    }
    write(free.inv())
    counted(count + 1)
    return free
}

private fun OffHeapDictionary<*, *>.grow(): Unit = rehash(slotsFor(count + 1)) { }

private fun OffHeapDictionary<*, *>.madeZero(found: Long): Long {
    zeroCounted(true)
    counted(count + 1)
    return found
}

/** The same for the struct [key], which may lie in this dictionary's own block. */
internal fun OffHeapDictionary<*, *>.claimStruct(key: MemorySegment): Long {
    requireKey(key)
    val mark = markOf(key)
    var free = guarded { probeStruct(key, mark) }
    if (free >= 0) return free
    if (count < limit) {
        writeKey(free.inv(), key, mark)
    } else {
        // The old block is open until the key has been copied.
        rehash(slotsFor(count + 1)) {
            free = probeStruct(key, mark)
            writeKey(free.inv(), key, mark)
        }
    }
    return free
}

private fun OffHeapDictionary<*, *>.writeKey(at: Long, key: MemorySegment, mark: Long) {
    copy(key, 0, raw, at + keyAt, keyBytes)
    writeLong(raw, at, mark)
    counted(count + 1)
}

/** The same as [findStruct] for the key with the bytes [key], whatever its type. */
internal fun OffHeapDictionary<*, *>.findBytes(key: MemorySegment): Long {
    requireKey(key)
    return when {
        keyAt > 0 -> findStruct(key)
        markBytes == 1 -> findByte(markIn(key, 0).toByte())
        markBytes == 2 -> findShort(markIn(key, 0).toShort())
        markBytes == 4 -> findInt(markIn(key, 0).toInt())
        else -> findLong(markIn(key, 0))
    }
}

/** The same as [claimStruct] for the key with the bytes [key], whatever its type. */
internal fun OffHeapDictionary<*, *>.claimBytes(key: MemorySegment): Long {
    requireKey(key)
    return if (keyAt > 0) claimStruct(key) else claimMark(markIn(key, 0))
}

/** Copies [value] into the entry at [place]. */
internal fun OffHeapDictionary<*, *>.setBytes(place: OffHeapDictionary.Place, value: MemorySegment) {
    val size = valueType.byteSize
    if (value.byteSize() != size) throw wrongElement(describe(), value.byteSize(), size)
    value(place) { raw, at -> MemorySegment.copy(value, 0, raw, at, size) }
}

/** From now on there are [n] entries. */
internal fun OffHeapDictionary<*, *>.counted(n: Long) {
    writeLong(raw, COUNT_AT, n)
    count = n
}

/** From now on there is an entry of the key 0, or is none. */
internal fun OffHeapDictionary<*, *>.zeroCounted(there: Boolean) {
    writeLong(raw, ZERO_AT, if (there) 1 else 0)
    zero = there
}

// ---- moving entries ----

/** Moves all entries to a table of [slots] slots, lets [last] do what may still need the old one, and frees that. */
internal inline fun OffHeapDictionary<*, *>.rehash(slots: Long, last: () -> Unit) {
    val fresh = manager.allocateZeroed(requireTable(sumOf(first, bytesOf(slots, stride))), alignment)
    replaceBlock(fresh, viewOf(fresh) { fill(it, slots) }, last)
}

/** Writes header and entries as they are into [to], a block of zeros for [slots] slots. */
internal fun OffHeapDictionary<*, *>.fill(to: MemorySegment, slots: Long) {
    requireOpen()
    copy(raw, 0, to, 0, first)
    writeLong(to, CAPACITY_AT, slots)
    when (markBytes) {
        1 -> moveAll(to, slots) { raw, at -> (Values.BYTE.get(raw, at) as Byte).toLong() }
        2 -> moveAll(to, slots) { raw, at -> (Values.SHORT.get(raw, at) as Short).toLong() }
        4 -> moveAll(to, slots) { raw, at -> (Values.INT.get(raw, at) as Int).toLong() }
        else -> moveAll(to, slots) { raw, at -> Values.LONG.get(raw, at) as Long }
    }
}

private inline fun OffHeapDictionary<*, *>.moveAll(
    to: MemorySegment,
    slots: Long,
    mark: (MemorySegment, Long) -> Long,
) {
    val from = raw
    val stride = stride
    val first = first
    val last = end
    val end = first + slots * stride
    val shift = shiftFor(slots)
    var at = first
    while (at < last) {
        val found = mark(from, at)
        if (found != 0L) {
            var free = first + home(found, shift) * stride
            while (mark(to, free) != 0L) {
                free += stride
                if (free == end) free = first
            }
            copySlot(from, at, to, free, stride)
        }
        at += stride
    }
}

// Slots are short: word by word is faster than a call for the copy of memory.
private fun copySlot(from: MemorySegment, at: Long, to: MemorySegment, target: Long, stride: Long) {
    if (stride and 7 != 0L) return copy(from, at, to, target, stride)
    var word = 0L
    while (word < stride) {
        writeLong(to, target + word, readLong(from, at + word))
        word += Long.SIZE_BYTES
    }
}

/** Removes the entry at [at], and moves those behind it back whose search would otherwise end at the gap. */
internal fun OffHeapDictionary<*, *>.vacate(at: Long): Unit = guarded {
    changes++
    if (at < first) {
        zeroCounted(false)
        clearSlot(at)
    } else {
        clearSlot(closeGap(at))
    }
    counted(count - 1)
}

// Returns the slot that is free in the end.
private fun OffHeapDictionary<*, *>.closeGap(at: Long): Long {
    val raw = raw
    var gap = at
    var next = at
    while (true) {
        next += stride
        if (next == end) next = first
        val mark = markIn(raw, next)
        if (mark == 0L) return gap
        val home = first + home(mark, shift) * stride
        // Whether its home lies behind the gap, going round, so that the search for it never passes there.
        val stays = if (gap < next) home > gap && home <= next else home > gap || home <= next
        if (stays) continue
        copySlot(raw, next, raw, gap, stride)
        gap = next
    }
}

private fun OffHeapDictionary<*, *>.clearSlot(at: Long) {
    val _ = raw.asSlice(at, stride).fill(0)
}

// ---- structs as keys ----

private const val MIX = -0x4b47d0c5a1a4a2dbL

/** A hash of the [size] bytes of [key]: a multiplication and a shift for each word (in the manner of Murmur). */
private fun hashBytes(key: MemorySegment, size: Long): Long {
    var hash = size * MIX
    var at = 0L
    while (at + Long.SIZE_BYTES <= size) {
        hash = mixed(hash, readLong(key, at))
        at += Long.SIZE_BYTES
    }
    while (at < size) hash = mixed(hash, (Values.BYTE.get(key, at++) as Byte).toLong())
    return hash
}

private fun mixed(hash: Long, word: Long): Long = ((hash xor word) * MIX).let { it xor (it ushr 29) }

/** Whether the [size] bytes at [at] of [raw] are those of [key]. */
private fun sameBytes(raw: MemorySegment, at: Long, key: MemorySegment, size: Long): Boolean {
    var offset = 0L
    while (offset + Long.SIZE_BYTES <= size) {
        if (readLong(raw, at + offset) != readLong(key, offset)) return false
        offset += Long.SIZE_BYTES
    }
    while (offset < size) {
        if (Values.BYTE.get(raw, at + offset) as Byte != Values.BYTE.get(key, offset) as Byte) return false
        offset++
    }
    return true
}
