package dev.leasehold.memory.permanent

import dev.leasehold.memory.internal.platform.Regions

/**
 * A part of the address space of a process that is mapped, as the system lists it. From [AddressSpace.regions] and
 * [ProcessMemory.regions].
 */
public class MemoryRegion internal constructor(regions: Regions, index: Int) {
    /** Where it lies. */
    public val range: AddressRange = AddressRange.between(regions.first(index), regions.last(index))

    /** The file that it shows, or the system's name for it in brackets, as `[stack]`; empty where it has none. */
    public val name: String = regions.name(index)

    /** What may be done with it: `r` read, `w` written, `x` executed, `s` shared with others or `p` private, as `rw-p`. */
    public val permissions: String = regions.permissions(index)

    /** Where in its file it begins, in bytes. */
    public val offset: Long = regions.offset(index)

    /** How many bytes it has. */
    public val size: Long get() = range.last - range.first + 1

    /** `0x7f12a000..0x7f12bfff rw-p /usr/lib/libc.so.6`. */
    override fun toString(): String = "$range $permissions $name".trim()

    internal companion object {
        @JvmSynthetic
        fun listOf(regions: Regions): List<MemoryRegion> = List(regions.count) { MemoryRegion(regions, it) }
    }
}
