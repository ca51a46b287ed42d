package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import java.util.UUID

/**
 * The operating system, as far as this library needs it: pages come and go, and an address becomes a view.
 *
 * Chosen once, at run time, by [current]. All functions may be called from any thread.
 */
internal interface Platform {
    /** As messages name it. */
    val name: String

    /** Where the pages lie that it [maps][map]. */
    val home: PageHome get() = PageHome.PROCESS

    /** The granularity of [map], in bytes; a power of two. */
    val pageSize: Long

    /** Whether [view] binds a view to the arena given, so that closing the arena cuts the view off. */
    val bindsViews: Boolean

    /** Whether [discard] takes single pages out of a mapping, so that only pages that are used are held. */
    val discards: Boolean

    /** Whether [remap] makes a mapping longer or shorter. */
    val remaps: Boolean

    /** How many mappings of [map] there are. */
    val mappingCount: Long get() = 0

    /**
     * From how many [mappings][mappingCount] on pages had better be [discarded][discard] than a mapping be ended, which may leave a
     * hole in what the system counts as one, and two where it allows only so many.
     */
    val manyMappings: Long get() = Long.MAX_VALUE

    /**
     * Takes [bytes], a multiple of the page size, from the system, page-aligned.
     *
     * @return the address, or 0 when the system refuses
     */
    fun map(bytes: Long): Long

    /** [map] of memory that outlives this library: nobody gives it back, nor does the end of its class loader. */
    fun mapForGood(bytes: Long): Long = map(bytes)

    /** Why the system has just refused to [map] [bytes]; null when it does not say, or would not refuse any more. */
    fun refusal(bytes: Long): SystemRefusal? = null

    /**
     * Has the system hold the pages of the [bytes] bytes at [address] one by one, and no huge pages that are there as a
     * whole when one byte is used, and stay when a part is discarded.
     */
    fun holdSinglePages(address: Long, bytes: Long): Unit = Unit

    /** Gives a whole mapping back. */
    fun unmap(address: Long, bytes: Long)

    /** Lets the system take the [bytes] bytes of pages at [address] away; their contents become undefined. */
    fun discard(address: Long, bytes: Long)

    /**
     * Makes the mapping of [oldBytes] at [address], all of it, [newBytes] long; both are multiples of the page size.
     * What it holds stays, up to the shorter of the two, and what is new is zero. With [mayMove] it may be put
     * elsewhere, without a copy; a shorter one stays where it is.
     *
     * @return the address, or 0 when the system refuses or cannot do this at all, and the mapping is as it was
     */
    fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long

    /** Lets [view] reach the bytes of [mapping], such as a file's, which this did not [map] itself, until [disown]. */
    fun adopt(mapping: MemorySegment): Unit = Unit

    /** Ends what [adopt] began. */
    fun disown(mapping: MemorySegment): Unit = Unit

    /**
     * A view of exactly [size] bytes at [address], as long as [arena] lives. They are inside one mapping that this
     * platform [made][map] or [adopted][adopt], unless there are none.
     */
    fun view(address: Long, size: Long, arena: Arena?): MemorySegment

    /** Opens the file [path], to be mapped. */
    fun openFile(path: Path, mode: MappedFile.Mode): MappedFile = ChannelFile.open(path, mode)

    /** Address spaces, as far as this library knows them here. */
    val space: SystemSpace get() = LimitedSpace(this)

    /** Which start of the system this is, as 128 random bits; null where the system does not say. */
    val bootId: UUID? get() = null

    /**
     * Why the system refuses memory.
     *
     * @property why what it said, and the bound
     * @property remedy what makes it say otherwise, as the end of "close blocks sooner, or"
     */
    class SystemRefusal(val why: String, val remedy: String)

    companion object {
        /** The platform that this process runs on. Static and final: the compiler sees through it. */
        @JvmField
        val current: Platform = PlatformChoice.choose(Platform::class.java.module.isNativeAccessEnabled)
    }
}
