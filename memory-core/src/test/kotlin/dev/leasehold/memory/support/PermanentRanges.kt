package dev.leasehold.memory.support

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory

/** A range that has [bytes] free, where nothing else is near. */
internal fun freshRange(bytes: Long = 1.MiB): AddressRange {
    val whole = AddressRange.between(0x1000_0000_0000, 0x3000_0000_0000)
    val at = AddressSpace.findLocation(bytes + 2.MiB, whole)
    return AddressRange.between(at + 1.MiB, at + 1.MiB + bytes - 1)
}

/** A private buffer of one page. */
internal fun onePage(): PermanentMemory = PermanentMemory.obtainPrivate(4096, freshRange(4096))
