@file:JvmSynthetic
@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/** Pages that a device's driver lends instead of the system, for the blocks of one manager. Any thread. */
@InternalMemoryApi
public interface ForeignPages {
    /** As messages name who lends them. */
    public val name: String

    /** Where they lie. */
    public val kind: Kind

    /** The device's number. */
    public val device: Int

    /** The granularity of [map], in bytes; a power of two. */
    public val pageSize: Long

    /**
     * Takes [bytes], a multiple of the page size, from the driver.
     *
     * @return the address, a multiple of the page size, or 0 when the driver refuses
     */
    public fun map(bytes: Long): Long

    /** Gives a whole mapping back. */
    public fun unmap(address: Long, bytes: Long)

    /** Why the driver has just refused to [map]; null when it does not say. */
    public fun refusal(): String?

    /** Where pages lie. */
    public enum class Kind {
        /** The process's own memory, kept in place for transfers. */
        PINNED,

        /** What the host and the device reach by the same addresses. */
        UNIFIED,

        /** The device's memory: the host cannot follow the addresses. */
        DEVICE,
    }
}

/** A manager whose blocks lie in [pages]. Those of a device have no views: see [HeldBytes] for their addresses. */
@InternalMemoryApi
public fun foreignManager(name: String, pages: ForeignPages, options: ManagerOptions): MemoryManager =
    SystemMemoryManager.make(name, options, ForeignPlatform(pages))

/** `allocateBuffer` of a [foreignManager], at an address that is a multiple of [alignment] besides. */
@InternalMemoryApi
public fun <E> MemoryManager.allocateBufferAt(type: ElementType<E>, count: Long, alignment: Long): UniqueBuffer<E> =
    allocateBuffer(type, count, alignment)

/** Options of a manager, to be set. */
@InternalMemoryApi
public fun newManagerOptions(): ManagerOptions = ManagerOptions()

/** The system, with the pages of a driver. They come and go as a whole. */
private class ForeignPlatform(private val pages: ForeignPages) : Platform {
    private val system = Platform.current

    override val name: String get() = pages.name
    override val pageSize: Long get() = pages.pageSize
    override val bindsViews: Boolean get() = system.bindsViews
    override val discards: Boolean get() = false
    override val remaps: Boolean get() = false

    override val home: PageHome = PageHome(
        when (pages.kind) {
            ForeignPages.Kind.PINNED -> PageHome.Kind.PINNED
            ForeignPages.Kind.UNIFIED -> PageHome.Kind.UNIFIED
            ForeignPages.Kind.DEVICE -> PageHome.Kind.DEVICE
        },
        pages.device,
    )

    override fun map(bytes: Long): Long = pages.map(bytes)

    override fun unmap(address: Long, bytes: Long): Unit = pages.unmap(address, bytes)

    override fun refusal(bytes: Long): Platform.SystemRefusal? =
        pages.refusal()?.let { Platform.SystemRefusal(it, "lower what other programs hold of the device") }

    override fun discard(address: Long, bytes: Long): Unit = Unit

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long = 0

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment = system.view(address, size, arena)
}
