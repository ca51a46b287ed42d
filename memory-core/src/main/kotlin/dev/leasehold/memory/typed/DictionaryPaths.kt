@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.access.Values
import java.lang.foreign.MemorySegment

// The short paths to the values of dictionaries whose keys are longs or ints and whose values are primitives: the sizes
// of all such slots are constants. What they leave to DictionaryTable.kt: the key 0, growing, and hashes of one's own.

/** Where the table begins if keys and values are primitives. */
private const val TABLE_AT = 192L

/** Calls [read] with the bytes and the offset of the value of [key], or [none]. */
internal inline fun <R> OffHeapDictionary<Long, *>.lookUpOfLong(
    key: Long,
    stride: Long,
    valueAt: Long,
    read: (MemorySegment, Long) -> R,
    none: () -> R,
): R = lookUp(key, stride, valueAt, { raw, at -> Values.LONG.get(raw, at) as Long }, read, none)

/** The same for an int. */
internal inline fun <R> OffHeapDictionary<Int, *>.lookUpOfInt(
    key: Int,
    stride: Long,
    valueAt: Long,
    read: (MemorySegment, Long) -> R,
    none: () -> R,
): R = lookUp(key.toLong(), stride, valueAt, { raw, at -> (Values.INT.get(raw, at) as Int).toLong() }, read, none)

private inline fun <R> OffHeapDictionary<*, *>.lookUp(
    key: Long,
    stride: Long,
    valueAt: Long,
    mark: (MemorySegment, Long) -> Long,
    read: (MemorySegment, Long) -> R,
    none: () -> R,
): R {
    try {
        if (key != 0L) {
            val raw = raw
            var at = TABLE_AT + home(key, shift) * stride
            while (true) {
                val found = mark(raw, at)
                if (found == key) return read(raw, at + valueAt)
                if (found == 0L) return none()
                at += stride
                if (at == end) at = TABLE_AT
            }
        }
        val at = zeroSlot()
        return if (at >= 0) read(raw, at + valueAt) else none()
    } catch (failure: RuntimeException) {
        throw explained(failure, -1)
    }
}

/** Calls [write] with the bytes and the offset of the value of [key], found or made; [bits] are those of the value. */
internal inline fun OffHeapDictionary<Long, *>.putOfLong(
    key: Long,
    stride: Long,
    valueAt: Long,
    bits: Long,
    write: (MemorySegment, Long) -> Unit,
): Unit = put(
    key,
    stride,
    valueAt,
    bits,
    { raw, at -> Values.LONG.get(raw, at) as Long },
    { raw, at -> Values.LONG.set(raw, at, key) },
    write,
)

/** The same for an int. */
internal inline fun OffHeapDictionary<Int, *>.putOfInt(
    key: Int,
    stride: Long,
    valueAt: Long,
    bits: Long,
    write: (MemorySegment, Long) -> Unit,
): Unit = put(
    key.toLong(),
    stride,
    valueAt,
    bits,
    { raw, at -> (Values.INT.get(raw, at) as Int).toLong() },
    { raw, at -> Values.INT.set(raw, at, key) },
    write,
)

private inline fun OffHeapDictionary<*, *>.put(
    key: Long,
    stride: Long,
    valueAt: Long,
    bits: Long,
    mark: (MemorySegment, Long) -> Long,
    setMark: (MemorySegment, Long) -> Unit,
    write: (MemorySegment, Long) -> Unit,
) {
    try {
        if (key == 0L) return putSlowly(key, bits)
        val raw = raw
        var at = TABLE_AT + home(key, shift) * stride
        while (true) {
            val found = mark(raw, at)
            if (found == key) return write(raw, at + valueAt)
            if (found == 0L) break
            at += stride
            if (at == end) at = TABLE_AT
        }
        val n = count
        if (n >= limit) return putSlowly(key, bits)
        write(raw, at + valueAt)
        setMark(raw, at)
        Values.LONG.set(raw, COUNT_AT, n + 1)
        count = n + 1
    } catch (failure: RuntimeException) {
        throw explained(failure, -1)
    }
}

/** Puts a primitive with [bits] for the key with the mark [mark]: for what the short path does not do. */
internal fun OffHeapDictionary<*, *>.putSlowly(mark: Long, bits: Long) {
    val at = entryOf(claimMark(mark)) + valueAt
    when (valueType.byteSize) {
        1L -> Values.BYTE.set(raw, at, bits.toByte())
        2L -> Values.SHORT.set(raw, at, bits.toShort())
        4L -> Values.INT.set(raw, at, bits.toInt())
        else -> Values.LONG.set(raw, at, bits)
    }
}
