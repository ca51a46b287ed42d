package dev.leasehold.memory.internal.mapped

/** The [bits] bits of this from the bit [shift] on. */
internal fun Long.part(shift: Int, bits: Int): Long = ushr(shift) and ((1L shl bits) - 1)
