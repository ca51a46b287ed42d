package dev.leasehold.memory.internal.mapped

import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.nio.ByteOrder

/** The hash of a dictionary's keys. Part of the format: to change it takes another version. */
internal object ByteHash {
    private const val MULTIPLIER = -0x61c8864680b583ebL
    private const val FIRST = -0x40a7b892e31b1a47L
    private const val SECOND = -0x6b2fb644ecceee15L
    private val WORDS: VarHandle = MethodHandles.byteArrayViewVarHandle(LongArray::class.java, ByteOrder.LITTLE_ENDIAN)

    /**
     * A multiplication and a shift for each word, and at the end the finalizer of SplitMix64 (Steele and others, 2014).
     */
    fun of(bytes: ByteArray): Long {
        var hash = bytes.size * MULTIPLIER
        var at = 0
        while (at + Long.SIZE_BYTES <= bytes.size) {
            hash = mixed(hash, WORDS.get(bytes, at) as Long)
            at += Long.SIZE_BYTES
        }
        var rest = 0L
        while (at < bytes.size) rest = (rest shl Byte.SIZE_BITS) or (bytes[at++].toLong() and 0xff)
        return finished(mixed(hash, rest))
    }

    private fun mixed(hash: Long, word: Long): Long = ((hash xor word) * FIRST).let { it xor (it ushr 32) }

    private fun finished(hash: Long): Long {
        val first = (hash xor (hash ushr 30)) * FIRST
        val second = (first xor (first ushr 27)) * SECOND
        return second xor (second ushr 31)
    }
}
