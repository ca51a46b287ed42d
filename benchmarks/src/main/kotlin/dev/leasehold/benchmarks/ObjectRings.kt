package dev.leasehold.benchmarks

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.get
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.infra.Control
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicLongArray

/** Objects that one thread allocates and writes, and another frees; numbers name them, which lie in a ring between. */
public abstract class ObjectRing {
    private val ring = AtomicLongArray(PLACES)

    // Each side's own, far from the other's.
    private val next = LongArray(PADDED)

    internal abstract fun allocateAndWrite(): Long

    internal abstract fun release(name: Long)

    internal fun allocate(control: Control): Boolean {
        val name = allocateAndWrite()
        val place = place(PRODUCER)
        while (ring.getAcquire(place) != 0L) {
            if (control.stopMeasurement) {
                release(name)
                return false
            }
            Thread.onSpinWait()
        }
        ring.setRelease(place, name)
        next[PRODUCER]++
        return true
    }

    internal fun free(control: Control): Boolean {
        val place = place(CONSUMER)
        while (true) {
            val name = ring.getAcquire(place)
            if (name != 0L) {
                ring.setRelease(place, 0)
                next[CONSUMER]++
                release(name)
                return true
            }
            if (control.stopMeasurement) return false
            Thread.onSpinWait()
        }
    }

    private fun place(side: Int) = (next[side] and (PLACES - 1L)).toInt()

    internal fun drain() {
        for (place in 0 until PLACES) ring.getAndSet(place, 0).let { if (it != 0L) release(it) }
    }

    private companion object {
        const val PLACES = 1024
        const val PADDED = 64
        const val PRODUCER = 16
        const val CONSUMER = 48
    }
}

/** Handles of a pool. */
@State(Scope.Group)
public open class HandleRing : ObjectRing() {
    private val pool = ObjectPool("handed over", Bytes(ObjectPoolBenchmark.SIZE, 8))

    override fun allocateAndWrite(): Long {
        val handle = pool.allocateHandle()
        pool[handle].setLong(8, handle.bits)
        return handle.bits
    }

    override fun release(name: Long) {
        check(pool.free(Handle(name))) { "an object was not there" }
    }

    @TearDown
    public fun close() {
        drain()
        pool.close()
    }
}

/** Addresses of the C library's blocks. */
@State(Scope.Group)
public open class MallocRing : ObjectRing() {
    override fun allocateAndWrite(): Long {
        val block = CHeap.SYSTEM.allocate(ObjectPoolBenchmark.SIZE)
        Segment.of(block).setLong(8, block.address())
        return block.address()
    }

    override fun release(name: Long): Unit = CHeap.SYSTEM.release(MemorySegment.ofAddress(name))

    @TearDown
    public fun close(): Unit = drain()
}
