@file:JvmSynthetic

package dev.leasehold.memory.typed

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.nio.ByteOrder

// The hash of a string table's texts. Part of its format: to change it takes another version.

private const val GOLDEN = -0x61c8864680b583ebL
private const val MIX = -0x4b47d0c5a1a4a2dbL

private val WORDS: VarHandle = MethodHandles.byteArrayViewVarHandle(LongArray::class.java, ByteOrder.LITTLE_ENDIAN)

/** A hash of [bytes]: a multiplication and a shift for each word (in the manner of Murmur). */
internal fun hashOf(bytes: ByteArray): Int {
    var hash = bytes.size * MIX
    var at = 0
    while (at + Long.SIZE_BYTES <= bytes.size) {
        hash = mixed(hash, WORDS.get(bytes, at) as Long)
        at += Long.SIZE_BYTES
    }
    var rest = 0L
    while (at < bytes.size) rest = (rest shl Byte.SIZE_BITS) or (bytes[at++].toLong() and 0xFF)
    return (mixed(hash, rest) ushr Int.SIZE_BITS).toInt()
}

private fun mixed(hash: Long, word: Long): Long = ((hash xor word) * MIX).let { it xor (it ushr 29) }

/** The number of the slot where the search for a text of [hash] begins; [shift] says how many slots there are. */
internal fun home(hash: Int, shift: Int): Long = ((hash.toLong() and 0xFFFFFFFFL) * GOLDEN) ushr shift
