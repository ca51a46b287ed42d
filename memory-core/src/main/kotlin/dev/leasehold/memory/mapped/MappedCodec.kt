package dev.leasehold.memory.mapped

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * How the keys or values of a [MappedDictionary] are written as bytes. Equal keys must have equal bytes, in every
 * process and version of the program that uses the file.
 */
public interface MappedCodec<T> {
    /** The bytes of [value]. They are copied; an array may be used again. */
    public fun encode(value: T): ByteArray

    /** The value of [bytes], which are its own. */
    public fun decode(bytes: ByteArray): T

    /** The codecs that most programs need. */
    public companion object {
        /** Bytes as they are. */
        @JvmField
        public val BYTES: MappedCodec<ByteArray> = of({ it }, { it })

        /** Text in UTF-8. */
        @JvmField
        public val STRING: MappedCodec<String> = of(String::encodeToByteArray, ByteArray::decodeToString)

        /** A number in eight bytes, the lowest first. */
        @JvmField
        public val LONG: MappedCodec<Long> = of(
            { ByteBuffer.allocate(Long.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(it).array() },
            { ByteBuffer.wrap(it).order(ByteOrder.LITTLE_ENDIAN).getLong() },
        )

        private fun <T> of(encode: (T) -> ByteArray, decode: (ByteArray) -> T) = object : MappedCodec<T> {
            override fun encode(value: T): ByteArray = encode(value)

            override fun decode(bytes: ByteArray): T = decode(bytes)
        }
    }
}
