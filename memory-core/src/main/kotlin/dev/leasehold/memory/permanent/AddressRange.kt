package dev.leasehold.memory.permanent

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.Long.compareUnsigned

/**
 * Addresses from [first] to [last], both included, so that a range can have all of them. Addresses are unsigned: what is
 * negative as a `Long` lies in the upper half.
 *
 * ```
 * AddressRange.around(library, 2.GiB)      // within reach of a relative jump
 * AddressRange.LOW_4_GIB                   // where an address has 32 bits
 * ```
 *
 * **Threads.** Any: it never changes.
 *
 * @property first the lowest address
 * @property last the highest address
 */
public class AddressRange private constructor(public val first: Long, public val last: Long) {
    /** Whether [address] is one of these. */
    public operator fun contains(address: Long): Boolean =
        compareUnsigned(address, first) >= 0 && compareUnsigned(address, last) <= 0

    /** Whether all addresses of [range] are among these. */
    public operator fun contains(range: AddressRange): Boolean = range.first in this && range.last in this

    /** Whether it is the same range. */
    override fun equals(other: Any?): Boolean = other is AddressRange && other.first == first && other.last == last

    /** Equal ranges have the same one. */
    override fun hashCode(): Int = first.hashCode() * 31 + last.hashCode()

    /** `0x10000..0x7fffffff`. */
    override fun toString(): String = "${hex(first)}..${hex(last)}"

    /** Makes ranges, and knows some. */
    public companion object {
        /** All addresses. */
        @JvmField public val ANYWHERE: AddressRange = AddressRange(0, -1)

        /** The lowest 2 GiB: an address there fits into a positive `Int`. */
        @JvmField public val LOW_2_GIB: AddressRange = AddressRange(0, Int.MAX_VALUE.toLong())

        /** The lowest 4 GiB: an address there fits into 32 bits. */
        @JvmField public val LOW_4_GIB: AddressRange = AddressRange(0, 0xffff_ffffL)

        /**
         * From [first] to [last], both included.
         *
         * @throws InvalidAddressRangeException when [last] is below [first]
         */
        @JvmStatic
        public fun between(first: Long, last: Long): AddressRange {
            if (compareUnsigned(first, last) > 0) throw InvalidAddressRangeException(first, last)
            return AddressRange(first, last)
        }

        /**
         * All that is at most [distance] bytes away from [target], to both sides. Where that would go beyond the first
         * or the last of all addresses, it ends there.
         *
         * @throws InvalidSizeException when [distance] is negative
         */
        @JvmStatic
        public fun around(target: Long, distance: Long): AddressRange {
            if (distance < 0) {
                throw InvalidSizeException("a distance must not be negative, and was ${bytes(distance)}", distance)
            }
            val low = target - distance
            val high = target + distance
            return AddressRange(
                if (compareUnsigned(low, target) > 0) 0 else low,
                if (compareUnsigned(high, target) < 0) -1 else high,
            )
        }
    }
}
