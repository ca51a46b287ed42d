package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID

/** Linux and macOS: anonymous private mappings. The two differ in the numbers of their flags, and Linux has mremap. */
internal class PosixPlatform private constructor(
    override val name: String,
    private val anonymous: Int,
    private val discardAdvice: Int,
    override val remaps: Boolean,
) : Platform {
    override val pageSize: Long = PosixCalls.getpagesize().toLong()
    override val bindsViews: Boolean get() = true
    override val discards: Boolean get() = true

    override fun map(bytes: Long): Long {
        val address = PosixCalls.mmap(bytes, READ_WRITE, PRIVATE or anonymous)
        return if (address == FAILED) 0 else address
    }

    override fun unmap(address: Long, bytes: Long) {
        if (PosixCalls.munmap(address, bytes) == 0) return
        requireDone(PosixCalls.munmapError(address, bytes), "munmap", address, bytes)
    }

    override fun discard(address: Long, bytes: Long) {
        if (PosixCalls.madvise(address, bytes, discardAdvice) == 0) return
        requireDone(PosixCalls.madviseError(address, bytes, discardAdvice), "madvise", address, bytes)
    }

    private fun requireDone(error: Int, call: String, address: Long, bytes: Long): Unit = check(error == 0) {
        "$name: $call refused $bytes bytes at ${hex(address)}: errno $error"
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        if (!remaps) return 0
        val moved = PosixCalls.mremap(address, oldBytes, newBytes, if (mayMove) MAY_MOVE else 0)
        return if (moved == FAILED) 0 else moved
    }

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment =
        MemorySegment.ofAddress(address).reinterpret(size, arena ?: Arena.global(), null)

    // What macOS and its file systems can do of this is to be tried there.
    override fun openFile(path: Path, mode: MappedFile.Mode): MappedFile =
        if (name == LINUX) LinuxFile.open(path, mode) else super.openFile(path, mode)

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

        /** Flags of `asm-generic/mman.h`: MAP_ANONYMOUS, and MADV_DONTNEED, which takes the pages at once. */
        fun linux(): Platform = PosixPlatform(LINUX, anonymous = 0x20, discardAdvice = 4, remaps = true)

        /** Flags of the XNU `sys/mman.h`: MAP_ANON, and MADV_FREE, which takes the pages when others need them. */
        fun mac(): Platform = PosixPlatform("macOS", anonymous = 0x1000, discardAdvice = 5, remaps = false)
    }
}
