@file:Suppress("unused", "UNUSED_PARAMETER", "ktlint:standard:function-naming", "FunctionName")

package dev.leasehold.memory.device.support

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/** What the test makes of [ScriptedCuda], and what that has seen. */
class CudaScript {
    @Volatile var version = 12_040

    @Volatile var devices = 1

    /** The code that each function of this name returns from now on. */
    val failures = ConcurrentHashMap<String, Int>()

    /** How many bytes the device has left. */
    val left = AtomicLong(TOTAL)

    /** How often each function was called. */
    val calls = ConcurrentHashMap<String, AtomicInteger>()

    /** Addresses are this many bytes behind a page. */
    @Volatile var shift = 0L

    fun count(function: String): Int = calls[function]?.get() ?: 0

    /** The code for a call of [function]: 0, if nothing else is scripted. */
    fun code(function: String): Int {
        calls.computeIfAbsent(function) { AtomicInteger() }.incrementAndGet()
        return failures[function] ?: 0
    }

    companion object {
        const val TOTAL = 64L shl 20
    }
}

/**
 * The driver API of CUDA as far as it is used, over memory of the process: one context, one stream that does at once
 * what is begun, and devices whose addresses are the process's.
 */
class ScriptedCuda(private val script: CudaScript) {
    private class Piece(val arena: Arena, val bytes: Long)

    private val pieces = ConcurrentHashMap<Long, Piece>()
    private val names = ConcurrentHashMap<Int, MemorySegment>()
    private val current = ThreadLocal.withInitial { ArrayDeque<Long>() }

    fun cuInit(flags: Int): Int = script.code("cuInit")

    fun cuDriverGetVersion(version: MemorySegment): Int {
        version.set(script.version)
        return script.code("cuDriverGetVersion")
    }

    fun cuDeviceGetCount(count: MemorySegment): Int {
        count.set(script.devices)
        return script.code("cuDeviceGetCount")
    }

    fun cuDeviceGet(device: MemorySegment, ordinal: Int): Int {
        device.set(FIRST_DEVICE + ordinal)
        return script.code("cuDeviceGet")
    }

    fun cuDeviceGetName(name: MemorySegment, room: Int, device: Int): Int {
        name.set("Scripted ${device - FIRST_DEVICE}", room.toLong())
        return script.code("cuDeviceGetName")
    }

    fun cuDeviceTotalMem_v2(bytes: MemorySegment, device: Int): Int {
        bytes.set(CudaScript.TOTAL)
        return script.code("cuDeviceTotalMem_v2")
    }

    fun cuDeviceGetAttribute(value: MemorySegment, attribute: Int, device: Int): Int {
        value.set(if (attribute == MANAGED_MEMORY || attribute == CONCURRENT_MANAGED_ACCESS) 1 else 0)
        return script.code("cuDeviceGetAttribute")
    }

    fun cuDevicePrimaryCtxRetain(context: MemorySegment, device: Int): Int {
        context.set(CONTEXT)
        return script.code("cuDevicePrimaryCtxRetain")
    }

    fun cuDevicePrimaryCtxRelease_v2(device: Int): Int = script.code("cuDevicePrimaryCtxRelease_v2")

    fun cuCtxPushCurrent_v2(context: Long): Int {
        val code = script.code("cuCtxPushCurrent_v2")
        if (code == 0) current.get().addLast(context)
        return code
    }

    fun cuCtxPopCurrent_v2(context: MemorySegment): Int {
        context.set(current.get().removeLast())
        return script.code("cuCtxPopCurrent_v2")
    }

    /** Which context the calling thread is in; null for none. */
    fun currentContext(): Long? = current.get().lastOrNull()

    fun cuMemGetInfo_v2(free: MemorySegment, total: MemorySegment): Int {
        free.set(script.left.get())
        total.set(CudaScript.TOTAL)
        return inContext("cuMemGetInfo_v2") { 0 }
    }

    fun cuMemAlloc_v2(address: MemorySegment, bytes: Long): Int = inContext("cuMemAlloc_v2") {
        if (script.left.addAndGet(-bytes) >= 0) {
            address.set(take(bytes))
            0
        } else {
            script.left.addAndGet(bytes)
            OUT_OF_MEMORY
        }
    }

    fun cuMemFree_v2(address: Long): Int = inContext("cuMemFree_v2") {
        val piece = pieces.remove(address) ?: return@inContext INVALID_VALUE
        script.left.addAndGet(piece.bytes)
        piece.arena.close()
        0
    }

    fun cuMemHostAlloc(address: MemorySegment, bytes: Long, flags: Int): Int = inContext("cuMemHostAlloc") {
        address.set(take(bytes))
        if (flags == PORTABLE) 0 else INVALID_VALUE
    }

    fun cuMemFreeHost(address: Long): Int = inContext("cuMemFreeHost") {
        val piece = pieces.remove(address) ?: return@inContext INVALID_VALUE
        piece.arena.close()
        0
    }

    fun cuMemAllocManaged(address: MemorySegment, bytes: Long, flags: Int): Int = inContext("cuMemAllocManaged") {
        script.left.addAndGet(-bytes)
        address.set(take(bytes))
        if (flags == GLOBAL) 0 else INVALID_VALUE
    }

    private fun take(bytes: Long): Long {
        val arena = Arena.ofShared()
        val address = arena.allocate(bytes + script.shift, 4096).address() + script.shift
        pieces[address] = Piece(arena, bytes)
        return address
    }

    fun cuMemcpyHtoD_v2(to: Long, from: MemorySegment, bytes: Long): Int =
        copy("cuMemcpyHtoD_v2", MemorySegment.ofAddress(to), from, bytes)

    fun cuMemcpyDtoH_v2(to: MemorySegment, from: Long, bytes: Long): Int =
        copy("cuMemcpyDtoH_v2", to, MemorySegment.ofAddress(from), bytes)

    fun cuMemcpyHtoDAsync_v2(to: Long, from: MemorySegment, bytes: Long, stream: Long): Int =
        copy("cuMemcpyHtoDAsync_v2", MemorySegment.ofAddress(to), from, bytes, stream)

    fun cuMemcpyDtoHAsync_v2(to: MemorySegment, from: Long, bytes: Long, stream: Long): Int =
        copy("cuMemcpyDtoHAsync_v2", to, MemorySegment.ofAddress(from), bytes, stream)

    fun cuMemcpyDtoDAsync_v2(to: Long, from: Long, bytes: Long, stream: Long): Int =
        copy("cuMemcpyDtoDAsync_v2", MemorySegment.ofAddress(to), MemorySegment.ofAddress(from), bytes, stream)

    private fun copy(
        function: String,
        to: MemorySegment,
        from: MemorySegment,
        bytes: Long,
        stream: Long = STREAM,
    ): Int = inContext(function) {
        MemorySegment.copy(from.reinterpret(bytes), 0, to.reinterpret(bytes), 0, bytes)
        if (stream == STREAM) 0 else INVALID_VALUE
    }

    fun cuMemsetD8Async(at: Long, value: Byte, bytes: Long, stream: Long): Int = inContext("cuMemsetD8Async") {
        MemorySegment.ofAddress(at).reinterpret(bytes).fill(value)
        if (stream == STREAM) 0 else INVALID_VALUE
    }

    fun cuStreamCreate(stream: MemorySegment, flags: Int): Int = inContext("cuStreamCreate") {
        stream.set(STREAM)
        0
    }

    fun cuStreamSynchronize(stream: Long): Int = inContext("cuStreamSynchronize") { 0 }

    fun cuEventCreate(event: MemorySegment, flags: Int): Int = inContext("cuEventCreate") {
        event.set(EVENT)
        0
    }

    fun cuEventRecord(event: Long, stream: Long): Int = inContext("cuEventRecord") { 0 }

    fun cuEventSynchronize(event: Long): Int = inContext("cuEventSynchronize") { 0 }

    fun cuEventDestroy_v2(event: Long): Int = inContext("cuEventDestroy_v2") { 0 }

    fun cuGetErrorName(code: Int, name: MemorySegment): Int {
        val text = names.computeIfAbsent(code) { Arena.global().allocateFrom(NAMES[code] ?: "CUDA_ERROR_UNKNOWN") }
        name.reinterpret(8).set(ValueLayout.ADDRESS, 0, text)
        return 0
    }

    private inline fun inContext(function: String, action: () -> Int): Int {
        val code = script.code(function)
        if (code != 0) return code
        return if (current.get().lastOrNull() == CONTEXT) action() else INVALID_CONTEXT
    }

    private companion object {
        const val FIRST_DEVICE = 40
        const val CONTEXT = 0x7001L
        const val STREAM = 0x7002L
        const val EVENT = 0x7003L
        const val MANAGED_MEMORY = 83
        const val CONCURRENT_MANAGED_ACCESS = 89
        const val PORTABLE = 1
        const val GLOBAL = 1
        const val INVALID_VALUE = 1
        const val OUT_OF_MEMORY = 2
        const val INVALID_CONTEXT = 201
        val NAMES = mapOf(
            1 to "CUDA_ERROR_INVALID_VALUE",
            2 to "CUDA_ERROR_OUT_OF_MEMORY",
            100 to "CUDA_ERROR_NO_DEVICE",
            201 to "CUDA_ERROR_INVALID_CONTEXT",
            700 to "CUDA_ERROR_ILLEGAL_ADDRESS",
            709 to "CUDA_ERROR_CONTEXT_IS_DESTROYED",
        )
    }
}
