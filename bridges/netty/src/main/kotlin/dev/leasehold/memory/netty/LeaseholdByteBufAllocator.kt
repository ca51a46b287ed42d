package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.netty.internal.CountedHeapByteBuf
import dev.leasehold.memory.netty.internal.LeasedByteBuf
import dev.leasehold.memory.netty.internal.PoolByteBufAllocator
import io.netty.buffer.AbstractByteBuf
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocatorMetric
import io.netty.buffer.ByteBufAllocatorMetricProvider
import java.util.concurrent.atomic.LongAdder

/**
 * Netty's buffers on the memory of a pool, from [asByteBufAllocator]: each direct buffer is a lease of its own, which
 * ends with its last reference.
 *
 * What is asked for as direct, for input and output, or without a word is of the pool. What is asked for as
 * [heap][heapBuffer] is an array on the heap, unpooled, because its users want the array. A composite is made of what
 * is added to it.
 *
 * **Ownership.** As in Netty: the holder of the last reference releases. The allocator owns nothing. The code that made
 * the pool closes it: then no buffer can be had or grow, and those that are out stay good until they are released.
 * **Threads.** Any, for the allocator and for the release of each buffer; a buffer itself is used by one thread at a
 * time, as in Netty.
 * **Protection.** What protects the bytes is Netty's: a buffer checks its reference count and its bounds at each
 * access, and refuses. What Netty does not check nobody does: an address ([ByteBuf.memoryAddress]) and an NIO buffer
 * ([ByteBuf.nioBuffer]) reach the bytes after the release, too, which may be another's by then, and so does every
 * access when `io.netty.buffer.checkAccessible` or `io.netty.buffer.checkBounds` is off.
 * **Zeroed.** Only when the pool's [hygiene][dev.leasehold.memory.Hygiene] says so; heap buffers are.
 * **Cost.** Some tens of nanoseconds for a buffer, and one object of 64 bytes, on platform threads of any type and on
 * virtual ones. Growth copies. A buffer above a mebibyte, and one that the pool watches, takes a lease too.
 * **Figures and leaks.** Budget, limit, figures and leak reports are the pool's; Netty's leak detection watches the
 * buffers as those of its own allocators, and its report names the buffer's users.
 *
 * Where the pool refuses, there is an [OutOfMemoryError], as Netty's channels expect it. Its message and its cause, a
 * [MemoryException], name the pool, the size, the bound and the remedy.
 *
 * @sample dev.leasehold.memory.netty.samples.serverOnAPool
 */
public class LeaseholdByteBufAllocator internal constructor(pool: MemoryPool, preferDirect: Boolean) :
    PoolByteBufAllocator(pool, preferDirect),
    ByteBufAllocatorMetricProvider {
    /** Where the memory comes from. */
    public val pool: MemoryPool get() = memory

    private val heapBytes = LongAdder()
    private val metric = Metric()

    /** True: the memory of direct buffers is the pool's, and stays there. */
    override fun isDirectBufferPooled(): Boolean = true

    /** Takes the bytes from the pool. */
    override fun newDirectBuffer(initialCapacity: Int, maxCapacity: Int): ByteBuf {
        val buffer = LeasedByteBuf(this, maxCapacity)
        return watched(buffer) { buffer.begin(initialCapacity) }
    }

    /** Has Netty watch [buffer], if it wants to; memory comes last, so that it has a holder, whatever fails. */
    private inline fun watched(buffer: LeasedByteBuf, begin: () -> Unit): ByteBuf {
        val watched = toLeakAwareBuffer(buffer)
        try {
            begin()
        } catch (failure: Throwable) {
            val _ = watched.release()
            throw failure
        }
        return watched
    }

    /** Makes an array. */
    override fun newHeapBuffer(initialCapacity: Int, maxCapacity: Int): ByteBuf =
        CountedHeapByteBuf(this, initialCapacity, maxCapacity, heapBytes)

    // ---- leases ----

    /**
     * A buffer of the bytes of [lease], without a copy: all of them are readable, and it cannot grow.
     *
     * **Ownership.** The lease is the buffer's, which closes it with its last reference. A close by others ends the
     * lease, and the memory is held until the buffer is released.
     *
     * @throws dev.leasehold.memory.ForeignLeaseException when the lease is of another pool
     * @throws dev.leasehold.memory.LeaseClosedException when it has been closed
     * @throws IllegalArgumentException when it is larger than a buffer can be
     */
    public fun wrap(lease: SharedLease): ByteBuf {
        pool.requireOwn(lease)
        require(lease.size <= Int.MAX_VALUE) {
            "a lease of ${lease.size} bytes of pool '${pool.name}' is larger than a buffer can be, which is " +
                "${Int.MAX_VALUE} bytes: rent it in parts, and make a composite of them"
        }
        val buffer = LeasedByteBuf(this, lease.size.toInt())
        return watched(buffer) { buffer.adopt(lease) }
    }

    /**
     * Takes the lease out of [buffer], without a copy. Its bytes are those of the buffer from index 0; they may be more
     * than the buffer's capacity.
     *
     * **Ownership.** The lease is the caller's, to be closed; the buffer has ended, as if released.
     *
     * @throws IllegalArgumentException when the buffer is not one of this allocator, or is a part or a composite
     * @throws io.netty.util.IllegalReferenceCountException when it has other references than the caller's, or none;
     *   nothing has changed then
     */
    public fun detach(buffer: ByteBuf): SharedLease {
        // What watches for leaks is around a buffer; a part of one is another buffer.
        var inner: ByteBuf? = buffer
        while (inner != null && inner !is AbstractByteBuf) inner = inner.unwrap()
        require(inner is LeasedByteBuf && inner.allocator === this) {
            "$buffer is not a buffer of $this that stands on a lease of its own: copy its bytes into one, " +
                "directBuffer(n).writeBytes(buffer)"
        }
        return inner.takeOut(buffer)
    }

    // ---- figures ----

    /**
     * What is used, in bytes: of direct memory all that the [pool] has leased, whatever for, and of the heap what the
     * buffers of this allocator take. For monitoring: it costs what `pool.stats()` does.
     */
    override fun metric(): ByteBufAllocatorMetric = metric

    private inner class Metric : ByteBufAllocatorMetric {
        override fun usedHeapMemory(): Long = heapBytes.sum()

        override fun usedDirectMemory(): Long = pool.stats().used

        override fun toString(): String =
            "(usedHeapMemory: ${usedHeapMemory()}; usedDirectMemory: ${usedDirectMemory()})"
    }

    /** The pool, for logs. */
    override fun toString(): String = "LeaseholdByteBufAllocator(pool '${pool.name}')"
}
