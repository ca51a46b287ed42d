package dev.leasehold.memory.netty.internal

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.allMemory
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED
import java.nio.ByteOrder.BIG_ENDIAN
import java.nio.ByteOrder.LITTLE_ENDIAN

/**
 * What buffers reach their bytes by. Constants, of which the compiler makes a single instruction; a view for each
 * buffer would be an object more, and a check of its bounds behind Netty's.
 */
@OptIn(InternalMemoryApi::class)
internal object Bytes {
    /** All memory, where that can be viewed; else each buffer has a view of its own. */
    @JvmField val all: MemorySegment? = allMemory()?.asMemorySegment()

    @JvmField val short: ValueLayout.OfShort = JAVA_SHORT_UNALIGNED.withOrder(BIG_ENDIAN)

    @JvmField val int: ValueLayout.OfInt = JAVA_INT_UNALIGNED.withOrder(BIG_ENDIAN)

    @JvmField val long: ValueLayout.OfLong = JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN)

    @JvmField val shortLE: ValueLayout.OfShort = JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN)

    @JvmField val intLE: ValueLayout.OfInt = JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN)

    @JvmField val longLE: ValueLayout.OfLong = JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN)
}
