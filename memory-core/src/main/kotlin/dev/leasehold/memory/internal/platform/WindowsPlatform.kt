package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemorySegment
import java.lang.foreign.SymbolLookup
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandle

/** Windows: committed private pages. */
internal class WindowsPlatform : Platform {
    private val kernel = SymbolLookup.libraryLookup("kernel32", Arena.global())
    private val virtualAlloc =
        function("VirtualAlloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT))
    private val virtualFree = function("VirtualFree", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT))
    private val discardVirtualMemory =
        function("DiscardVirtualMemory", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG))

    override val name: String get() = "Windows"
    override val pageSize: Long get() = PAGE
    override val bindsViews: Boolean get() = true
    override val discards: Boolean get() = true
    override val remaps: Boolean get() = false

    override fun map(bytes: Long): Long =
        virtualAlloc.invokeWithArguments(0L, bytes, RESERVE_AND_COMMIT, READ_WRITE) as Long

    override fun unmap(address: Long, bytes: Long) {
        val done = virtualFree.invokeWithArguments(address, 0L, RELEASE) as Int
        check(done != 0) { "Windows: VirtualFree refused $bytes bytes at 0x${address.toString(HEX)}" }
    }

    override fun discard(address: Long, bytes: Long) {
        val error = discardVirtualMemory.invokeWithArguments(address, bytes) as Int
        check(error == 0) {
            "Windows: DiscardVirtualMemory refused $bytes bytes at 0x${address.toString(HEX)}: error $error"
        }
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long = 0

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment =
        MemorySegment.ofAddress(address).reinterpret(size, arena ?: Arena.global(), null)

    private fun function(symbol: String, descriptor: FunctionDescriptor): MethodHandle {
        val address = kernel.find(symbol).orElseThrow {
            UnsupportedOperationException("Windows has no function $symbol")
        }
        return Linker.nativeLinker().downcallHandle(address, descriptor)
    }

    private companion object {
        const val PAGE = 4096L
        const val RESERVE_AND_COMMIT = 0x2000 or 0x1000
        const val RELEASE = 0x8000
        const val READ_WRITE = 0x04
        const val HEX = 16
    }
}
