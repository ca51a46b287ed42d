package dev.leasehold.memory

import java.nio.ByteOrder as PlatformOrder

/** The order in which the bytes of a number lie in memory. */
public enum class ByteOrder {
    /** The most significant byte first: the order of network protocols and of class files. */
    BIG_ENDIAN,

    /** The least significant byte first: the order of x86-64 and, in practice, of AArch64. */
    LITTLE_ENDIAN,

    ;

    /** Knows the order of this machine. */
    public companion object {
        /** The order of the machine that the program runs on; accesses that name no order use it. */
        @JvmField
        public val NATIVE: ByteOrder =
            if (PlatformOrder.nativeOrder() == PlatformOrder.BIG_ENDIAN) BIG_ENDIAN else LITTLE_ENDIAN
    }
}
