@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

// What a field of a struct is, in one Long, so that it can be an inline class and its parts are constants to the
// compiler. The low 24 bits of all are the offset, so a field of a nested struct becomes one of the outer struct by
// adding the offset of the nested one.
//
//     a primitive          offset
//     an array, text       offset | count << 32
//     a nested struct      offset | size << 32
//     an array of structs  offset | stride << 24 | count << 44
//     bits of a word       offset | first bit << 32 | width << 40 | log2 of the word's bytes << 48 | 1 << 56
//
// Data fields never share an offset and bits never overlap, so no two fields of a struct have the same key.

/** The most bytes that a struct can have: 16 MiB - 1. */
internal const val MOST_BYTES: Long = (1L shl 24) - 1

/** The most bytes that an element of a fixed array of structs can have, and the most elements: 1 Mi - 1. */
internal const val MOST_ELEMENTS: Long = (1L shl 20) - 1

private const val COUNT_SHIFT = 32
private const val STRIDE_SHIFT = 24
private const val STRUCT_COUNT_SHIFT = 44
private const val WIDTH_SHIFT = 40
private const val WORD_SHIFT = 48
private const val BITS_MARK = 1L shl 56
private const val BYTE_MASK = 0xffL

internal fun offsetIn(key: Long): Long = key and MOST_BYTES

internal fun arrayKey(offset: Long, count: Long): Long = offset or (count shl COUNT_SHIFT)

internal fun countIn(arrayKey: Long): Int = (arrayKey ushr COUNT_SHIFT).toInt()

internal fun structKey(offset: Long, size: Long): Long = arrayKey(offset, size)

internal fun sizeIn(structKey: Long): Long = structKey ushr COUNT_SHIFT

internal fun structArrayKey(offset: Long, stride: Long, count: Long): Long =
    offset or (stride shl STRIDE_SHIFT) or (count shl STRUCT_COUNT_SHIFT)

internal fun strideIn(structArrayKey: Long): Long = structArrayKey ushr STRIDE_SHIFT and MOST_ELEMENTS

internal fun structCountIn(structArrayKey: Long): Int = (structArrayKey ushr STRUCT_COUNT_SHIFT).toInt()

internal fun bitsKey(offset: Long, first: Int, width: Int, wordShift: Int): Long = offset or
    (first.toLong() shl COUNT_SHIFT) or (width.toLong() shl WIDTH_SHIFT) or (wordShift.toLong() shl WORD_SHIFT) or
    BITS_MARK

internal fun firstBitIn(bitsKey: Long): Int = (bitsKey ushr COUNT_SHIFT and BYTE_MASK).toInt()

internal fun widthIn(bitsKey: Long): Int = (bitsKey ushr WIDTH_SHIFT and BYTE_MASK).toInt()

/** The logarithm of the bytes of the word that the bits are part of. */
internal fun wordShiftIn(bitsKey: Long): Int = (bitsKey ushr WORD_SHIFT and BYTE_MASK).toInt()
