package dev.leasehold.memory.internal.platform

import java.lang.foreign.MemorySegment

/** A system whose address spaces this library does not know: it has memory of its own at any address, and no more. */
internal class LimitedSpace(private val platform: Platform) : SystemSpace {
    override val name: String get() = platform.name
    override val pageSize: Long get() = platform.pageSize
    override val lowest: Long get() = pageSize
    override val highest: Long get() = -1

    private fun missing(capability: String): Nothing = throw UnsupportedOperationException(
        "the $name platform: this library cannot $capability there. PermanentMemory.obtainPrivate at any address works",
    )

    override fun regions(): Regions = missing("list the regions of a process")

    override fun regionsWithin(first: Long, last: Long): Regions? = null

    override fun place(address: Long, bytes: Long): Long =
        if (address == 0L) platform.map(bytes) else missing("map memory at a wanted address")

    override fun unmap(address: Long, bytes: Long): Unit = platform.unmap(address, bytes)

    override fun refusalAt(address: Long, bytes: Long): Int = 0

    override fun populate(address: Long, bytes: Long): Boolean = true

    override fun peek(address: Long, bytes: Int): MemorySegment? = null

    override fun createShared(name: String): Int = missing("share permanent memory")

    override fun extend(descriptor: Int, length: Long): Boolean = missing("share permanent memory")

    override fun placeShared(descriptor: Int, offset: Long, bytes: Long, address: Long): Long =
        missing("share permanent memory")

    override fun headOf(descriptor: Int, name: String, bytes: Int): MemorySegment? = null

    override fun isSealed(descriptor: Int): Boolean = false

    override fun lengthOf(descriptor: Int): Long = 0

    override fun close(descriptor: Int): Unit = Unit

    override fun regionName(name: String): String = name

    override fun identity(process: Long): ProcessIdentity? = missing("look at another process")

    override fun regions(process: Long): Regions = missing("look at another process")

    override fun openShared(process: Long, name: String, action: (descriptor: Int) -> Unit): Unit =
        missing("look at another process")

    override fun openProcess(process: Long): Int = missing("look at another process")

    override fun isAlive(descriptor: Int): Boolean = missing("look at another process")

    override fun read(process: Long, address: Long, into: MemorySegment): Long = missing("look at another process")
}
