package dev.leasehold.memory.support

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/** The system, refusing by script. It knows what it has lent, so that a leak shows. */
internal class ScriptedPlatform(private val real: Platform = Platform.current) : Platform by real {
    /** Which call of [map], counted from 1, is refused; null for none. */
    @Volatile var refuseMap: (call: Int) -> Boolean = { false }

    @Volatile var refuseUnmap = false

    @Volatile var refuseDiscard = false

    @Volatile var refuseRemap = false

    @Volatile var failView = false

    /** From how many mappings on holes are not made. */
    @Volatile override var manyMappings = Long.MAX_VALUE

    @Volatile var refusal: Platform.SystemRefusal? = null

    override fun refusal(bytes: Long): Platform.SystemRefusal? = refusal

    private val calls = AtomicInteger()
    private val lent = ConcurrentHashMap<Long, Long>()

    val lentBytes: Long get() = lent.values.sum()
    override val mappingCount: Long get() = lent.mappingCount()
    val mapCalls: Int get() = calls.get()

    override fun map(bytes: Long): Long {
        if (refuseMap(calls.incrementAndGet())) return 0
        return real.map(bytes).also { if (it != 0L) lent[it] = bytes }
    }

    override fun unmap(address: Long, bytes: Long) {
        check(!refuseUnmap) { "scripted: unmap refused $bytes bytes" }
        check(lent.remove(address) == bytes) { "$bytes bytes at $address were not lent" }
        real.unmap(address, bytes)
    }

    override fun discard(address: Long, bytes: Long) {
        check(!refuseDiscard) { "scripted: discard refused $bytes bytes" }
        real.discard(address, bytes)
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        check(lent[address] == oldBytes) { "$oldBytes bytes at $address were not lent" }
        if (refuseRemap) return 0
        val moved = real.remap(address, oldBytes, newBytes, mayMove)
        if (moved == 0L) return 0
        lent.remove(address)
        lent[moved] = newBytes
        return moved
    }

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment {
        check(!failView) { "scripted: no view" }
        return real.view(address, size, arena)
    }
}
