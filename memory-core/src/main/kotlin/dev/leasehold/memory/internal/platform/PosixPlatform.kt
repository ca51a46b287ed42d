package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap

/** Linux and macOS: anonymous private mappings. The two differ in the numbers of their flags, and Linux has mremap. */
internal class PosixPlatform private constructor(
    override val name: String,
    private val anonymous: Int,
    private val discardAdvice: Int,
    override val remaps: Boolean,
    private val bounds: ProcessBounds,
) : Platform {
    override val pageSize: Long = PosixCalls.getpagesize().toLong()
    override val bindsViews: Boolean get() = true
    override val discards: Boolean get() = true

    // What is mapped, for what outlives this: see the end.
    private val ranges = ConcurrentHashMap<Long, Long>()

    override val mappingCount: Long get() = ranges.mappingCount()
    override val manyMappings: Long get() = bounds.mostMappings / MANY_PART

    override fun map(bytes: Long): Long {
        if (!bounds.haveRoom(bytes)) return 0
        val address = mapForGood(bytes)
        if (address != 0L) note(address, bytes)
        return address
    }

    override fun mapForGood(bytes: Long): Long {
        val address = PosixCalls.mmap(bytes, READ_WRITE, PRIVATE or anonymous)
        return if (address == FAILED) 0 else address
    }

    private fun note(address: Long, bytes: Long) {
        try {
            end
            val _ = ranges.put(address, bytes)
        } catch (failure: Throwable) {
            // The heap is full.
            val _ = PosixCalls.munmap(address, bytes)
            throw failure
        }
    }

    override fun refusal(bytes: Long): Platform.SystemRefusal? {
        if (!bounds.haveRoom(bytes)) return bounds.noRoom()
        val error = PosixCalls.mmapError(bytes, READ_WRITE, PRIVATE or anonymous)
        return if (error == 0) null else bounds.explain(error)
    }

    override fun holdSinglePages(address: Long, bytes: Long) {
        // A system that has no huge pages refuses, rightly.
        if (bounds.hugePages) {
            val _ = PosixCalls.madvise(address, bytes, NO_HUGE_PAGES)
        }
    }

    override fun unmap(address: Long, bytes: Long) {
        // Before, because another thread may have the addresses at once.
        forget(address)
        if (PosixCalls.munmap(address, bytes) == 0) return
        val error = PosixCalls.munmapError(address, bytes)
        if (error != 0) remember(address, bytes)
        requireDone(error, "munmap", address, bytes)
    }

    private fun forget(address: Long): Unit = synchronized(sought) {
        sought.address = address
        try {
            sought.removeFrom(ranges)
        } catch (_: OutOfMemoryError) {
            // It is gone; only to count it apart from others' took an object.
            return
        }
    }

    // Looks for a range without a boxed address: what goes back must need no heap. Under its own lock.
    private val sought = SoughtRange()

    private class SoughtRange {
        var address = 0L

        fun removeFrom(ranges: Map<Long, Long>) {
            @Suppress("UNCHECKED_CAST", "PLATFORM_CLASS_MAPPED_TO_KOTLIN")
            val _ = (ranges as java.util.Map<Any, Long>).remove(this)
        }

        override fun hashCode(): Int = address.hashCode()

        override fun equals(other: Any?): Boolean = other is Long && other == address
    }

    private fun remember(address: Long, bytes: Long) {
        try {
            ranges[address] = bytes
        } catch (_: OutOfMemoryError) {
            // It works on, and only the end of the class loader, see below, will not know of it.
            return
        }
    }

    override fun discard(address: Long, bytes: Long) {
        if (PosixCalls.madvise(address, bytes, discardAdvice) == 0) return
        requireDone(PosixCalls.madviseError(address, bytes, discardAdvice), "madvise", address, bytes)
    }

    private fun requireDone(error: Int, call: String, address: Long, bytes: Long): Unit = check(error == 0) {
        "$name: $call refused $bytes bytes at ${hex(address)}: errno $error"
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        if (!remaps || (newBytes > oldBytes && !bounds.haveRoom(newBytes - oldBytes))) return 0
        forget(address)
        val moved = PosixCalls.mremap(address, oldBytes, newBytes, if (mayMove) MAY_MOVE else 0)
        val isRefused = moved == FAILED
        if (isRefused) remember(address, oldBytes) else remember(moved, newBytes)
        return if (isRefused) 0 else moved
    }

    /**
     * When the class loader of this library is garbage, so is every owner of what is still mapped, and nobody is left
     * who would give it back. Its pages go then, and its addresses stay: a view that code outside of that loader has
     * kept of a lease that was never closed reads zeros, and never another's bytes.
     */
    private val end: Unit by lazy {
        Background.atTheEnd(LoaderFree.forEach(ranges, PosixCalls.discarding(discardAdvice)))
    }

    // That no size is negative was seen to before. The mask says so to the compiler, which then leaves a check out, and
    // with it a twentieth of the code of a rent.
    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment =
        MemorySegment.ofAddress(address).reinterpret(size and Long.MAX_VALUE, arena ?: Arena.global(), null)

    // What macOS and its file systems can do of this is to be tried there.
    override fun openFile(path: Path, mode: MappedFile.Mode): MappedFile =
        if (name == LINUX) LinuxFile.open(path, mode) else super.openFile(path, mode)

    override val space: SystemSpace by lazy { if (name == LINUX) LinuxSpace(this) else LimitedSpace(this) }

    override val bootId: UUID? by lazy {
        if (name == LINUX) UUID.fromString(Files.readString(BOOT_ID).trim()) else null
    }

    companion object {
        private const val LINUX = "Linux"
        private val BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id")
        private const val READ_WRITE = 0x1 or 0x2
        private const val PRIVATE = 0x2
        private const val FAILED = -1L
        private const val MAY_MOVE = 1
        private const val NO_HUGE_PAGES = 15

        // What is left is for the virtual machine, which ends the process where it gets none, and for mapped files.
        private const val MANY_PART = 4

        /** Flags of `asm-generic/mman.h`: MAP_ANONYMOUS, and MADV_DONTNEED, which takes the pages at once. */
        fun linux(bounds: ProcessBounds = ProcessBounds.ofLinux()): Platform =
            PosixPlatform(LINUX, anonymous = 0x20, discardAdvice = 4, remaps = true, bounds)

        /** Flags of the XNU `sys/mman.h`: MAP_ANON, and MADV_FREE, which takes the pages when others need them. */
        fun mac(): Platform = PosixPlatform(
            "macOS",
            anonymous = 0x1000,
            discardAdvice = 5,
            remaps = false,
            ProcessBounds.NONE,
        )
    }
}
