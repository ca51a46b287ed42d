package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandle

/** Linux and macOS: anonymous private mappings. The two differ in the numbers of their flags, and Linux has mremap. */
internal class PosixPlatform private constructor(
    override val name: String,
    private val anonymous: Int,
    private val discardAdvice: Int,
    override val remaps: Boolean,
) : Platform {
    private val getpagesize = function("getpagesize", FunctionDescriptor.of(JAVA_INT))
    private val mmap =
        function(
            "mmap",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
        )
    private val munmap = function("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG))
    private val madvise = function("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT))

    // Its fifth argument is there for a flag only that is not used here.
    private val mremap: MethodHandle? = if (remaps) {
        val descriptor = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT)
        function("mremap", descriptor, Linker.Option.firstVariadicArg(descriptor.argumentLayouts().size))
    } else {
        null
    }

    override val pageSize: Long = (getpagesize.invokeWithArguments() as Int).toLong()
    override val bindsViews: Boolean get() = true
    override val discards: Boolean get() = true

    override fun map(bytes: Long): Long {
        val address = mmap.invokeWithArguments(0L, bytes, READ_WRITE, PRIVATE or anonymous, -1, 0L) as Long
        return if (address == FAILED) 0 else address
    }

    override fun unmap(address: Long, bytes: Long) {
        val result = munmap.invokeWithArguments(address, bytes) as Int
        check(result == 0) { "$name: munmap refused $bytes bytes at 0x${address.toString(HEX)}" }
    }

    override fun discard(address: Long, bytes: Long) {
        val result = madvise.invokeWithArguments(address, bytes, discardAdvice) as Int
        check(result == 0) { "$name: madvise refused $bytes bytes at 0x${address.toString(HEX)}" }
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        val handle = mremap ?: return 0
        val moved = handle.invokeWithArguments(address, oldBytes, newBytes, if (mayMove) MAY_MOVE else 0) as Long
        return if (moved == FAILED) 0 else moved
    }

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment =
        MemorySegment.ofAddress(address).reinterpret(size, arena ?: Arena.global(), null)

    private fun function(symbol: String, descriptor: FunctionDescriptor, vararg options: Linker.Option): MethodHandle {
        val linker = Linker.nativeLinker()
        val address = linker.defaultLookup().find(symbol).orElseThrow {
            UnsupportedOperationException("$name has no function $symbol")
        }
        return linker.downcallHandle(address, descriptor, *options)
    }

    companion object {
        private const val READ_WRITE = 0x1 or 0x2
        private const val PRIVATE = 0x2
        private const val FAILED = -1L
        private const val MAY_MOVE = 1
        private const val HEX = 16

        /** Flags of `asm-generic/mman.h`: MAP_ANONYMOUS, and MADV_DONTNEED, which takes the pages at once. */
        fun linux(): Platform = PosixPlatform("Linux", anonymous = 0x20, discardAdvice = 4, remaps = true)

        /** Flags of the XNU `sys/mman.h`: MAP_ANON, and MADV_FREE, which takes the pages when others need them. */
        fun mac(): Platform = PosixPlatform("macOS", anonymous = 0x1000, discardAdvice = 5, remaps = false)
    }
}
