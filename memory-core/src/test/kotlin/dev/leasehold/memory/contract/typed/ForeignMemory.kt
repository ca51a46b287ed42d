package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.typed.ReleaseAction
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger

/** Memory as a native library hands it out: it has no arena, and an action of its own gives it back. */
internal class ForeignMemory(size: Long) : ReleaseAction {
    private val arena = Arena.ofShared()
    private val runs = AtomicInteger()

    val segment: MemorySegment = MemorySegment.ofAddress(arena.allocate(size, 64).address()).reinterpret(size)

    /** How often it was given back. */
    val releases: Int get() = runs.get()

    override fun release(memory: MemorySegment) {
        check(memory === segment) { "another segment is given back" }
        if (runs.incrementAndGet() == 1) arena.close()
    }
}
