package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/** Windows: committed private pages. */
internal class WindowsPlatform : Platform {
    override val name: String get() = "Windows"
    override val pageSize: Long get() = PAGE
    override val bindsViews: Boolean get() = true
    override val discards: Boolean get() = true
    override val remaps: Boolean get() = false

    override fun map(bytes: Long): Long = WindowsCalls.virtualAlloc(bytes, RESERVE_AND_COMMIT, READ_WRITE)

    override fun unmap(address: Long, bytes: Long) {
        // MEM_RELEASE takes the whole mapping and requires a size of 0.
        val done = WindowsCalls.virtualFree(address, 0, RELEASE)
        check(done != 0) { "Windows: VirtualFree refused $bytes bytes at ${hex(address)}" }
    }

    override fun discard(address: Long, bytes: Long) {
        val error = WindowsCalls.discardVirtualMemory(address, bytes)
        check(error == 0) {
            "Windows: DiscardVirtualMemory refused $bytes bytes at ${hex(address)}: error $error"
        }
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long = 0

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment =
        MemorySegment.ofAddress(address).reinterpret(size, arena ?: Arena.global(), null)

    private companion object {
        const val PAGE = 4096L
        const val RESERVE_AND_COMMIT = 0x2000 or 0x1000
        const val RELEASE = 0x8000
        const val READ_WRITE = 0x04
    }
}
