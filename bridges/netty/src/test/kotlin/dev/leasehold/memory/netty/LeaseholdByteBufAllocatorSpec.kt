package dev.leasehold.memory.netty

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.ForeignLeaseException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.netty.buffer.ByteBuf
import io.netty.buffer.Unpooled
import io.netty.util.IllegalReferenceCountException
import io.netty.util.ResourceLeakDetector
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.random.Random

class LeaseholdByteBufAllocatorSpec : FunSpec() {
    /** A pool and its allocator; refuses when anything is leased at the end. */
    private fun withPool(
        pool: MemoryPool = MemoryPool.isolated("netty"),
        action: (MemoryPool, LeaseholdByteBufAllocator) -> Unit,
    ) {
        pool.use { action(it, it.asByteBufAllocator()) }
    }

    private fun limited(bytes: Long) = MemoryPool.isolated("netty") { limit = bytes }

    init {
        test("what is asked for without a word, as direct, and for input and output is the pool's") {
            withPool { pool, allocator ->
                val buffers = listOf(allocator.buffer(), allocator.directBuffer(100), allocator.ioBuffer(5000))
                pool.stats().leases shouldBe 3
                buffers.forEach {
                    it.isDirect shouldBe true
                    it.alloc() shouldBeSameInstanceAs allocator
                    it.release() shouldBe true
                }
                pool.stats().used shouldBe 0
            }
        }

        test("what is asked for on the heap has an array, and takes nothing of the pool") {
            withPool { pool, allocator ->
                val buffer = allocator.heapBuffer(100)
                buffer.hasArray() shouldBe true
                allocator.metric().usedHeapMemory() shouldBe 100
                pool.stats().leases shouldBe 0
                buffer.release()
                allocator.metric().usedHeapMemory() shouldBe 0
            }
        }

        test("an allocator that does not prefer direct buffers gives them only for the asking, and for channels") {
            withPool { pool, _ ->
                val allocator = pool.asByteBufAllocator(preferDirect = false)
                val buffers = listOf(allocator.buffer(), allocator.ioBuffer(), allocator.directBuffer())
                buffers.map { it.isDirect } shouldContainExactly listOf(false, true, true)
                buffers.forEach { it.release() }
            }
        }

        test("a composite of buffers gives all of them back, and is itself no memory") {
            withPool { pool, allocator ->
                val composite = allocator.compositeBuffer()
                repeat(3) { composite.addComponent(true, allocator.buffer(10).writeLong(it.toLong())) }
                pool.stats().leases shouldBe 3
                List(3) { composite.readLong() } shouldContainExactly listOf(0L, 1L, 2L)
                composite.release()
                pool.stats().used shouldBe 0
            }
        }

        test("a slice, a duplicate and what was retained keep the memory until the last of them is released") {
            withPool { pool, allocator ->
                val buffer = allocator.buffer(64).writeLong(7)
                val slice = buffer.retainedSlice(0, 8)
                val duplicate = buffer.retainedDuplicate()
                buffer.refCnt() shouldBe 3
                buffer.release() shouldBe false
                duplicate.release() shouldBe false
                slice.getLong(0) shouldBe 7
                slice.release() shouldBe true
                pool.stats().used shouldBe 0
                shouldThrow<IllegalReferenceCountException> { slice.getLong(0) }
            }
        }

        test("a buffer that grows and shrinks keeps its bytes, from none to beyond the largest size class and back") {
            withPool { pool, allocator ->
                val random = Random(7)
                val sizes = listOf(0, 1, 100, 5000, 2.MiB.toInt(), 3.MiB.toInt(), 1000, 900, 17, 0, 64)
                val buffer = allocator.directBuffer(0, 4.MiB.toInt())
                var written = ByteArray(0)
                for (size in sizes) {
                    buffer.capacity(size)
                    buffer.capacity() shouldBe size
                    val kept = minOf(size, written.size)
                    val bytes = ByteArray(kept).also { buffer.getBytes(0, it) }
                    bytes.contentEquals(written.copyOf(kept)) shouldBe true
                    pool.stats().leases shouldBe 1
                    written = random.nextBytes(size)
                    buffer.setBytes(0, written)
                }
                buffer.release()
            }
        }

        test("what shrinks gives memory back, and what has no other place to go stays where it is") {
            withPool(limited(4.MiB)) { pool, allocator ->
                val large = allocator.directBuffer(512.KiB.toInt()).setLong(0, 42)
                val address = large.memoryAddress()
                val others = List(7) { allocator.directBuffer(512.KiB.toInt()) }
                shouldThrow<OutOfMemoryError> { allocator.directBuffer(90.KiB.toInt()) }
                large.capacity(90.KiB.toInt())
                large.memoryAddress() shouldBe address
                others[0].release()
                large.capacity(80.KiB.toInt())
                (large.memoryAddress() == address) shouldBe false
                large.getLong(0) shouldBe 42
                (others.drop(1) + large).forEach { it.release() }
            }
        }

        test("a buffer shrinks after its pool was closed") {
            val pool = MemoryPool.isolated("netty")
            val buffer = pool.asByteBufAllocator().buffer(1000).setLong(0, 3)
            shouldThrow<OutstandingLeasesException> { pool.close() }
            buffer.capacity(10).getLong(0) shouldBe 3
            buffer.release()
            pool.stats().used shouldBe 0
        }

        test("a refusal is an OutOfMemoryError that names pool, size, bound and remedy, and has ours as its cause") {
            withPool(limited(1.MiB)) { pool, allocator ->
                val most = ArrayList<ByteBuf>()
                val error = shouldThrow<OutOfMemoryError> { repeat(100) { most.add(allocator.buffer(64.KiB.toInt())) } }
                error.cause.shouldBeInstanceOf<MemoryExhaustedException>().requested shouldBe 64.KiB
                error.message shouldBe error.cause?.message
                error.message shouldContain "pool 'netty'"
                most.forEach { it.release() }
                pool.stats().used shouldBe 0
            }
        }

        test("growth past the limit and past the budget is refused, and the buffer is as it was") {
            MemoryBudget("channels", 1.MiB).use { budget ->
                withPool(MemoryPool.isolated("netty") { this.budget = budget }) { _, allocator ->
                    val buffer = allocator.buffer(600.KiB.toInt()).writeLong(5)
                    val error = shouldThrow<OutOfMemoryError> { buffer.capacity(900.KiB.toInt()) }
                    error.cause.shouldBeInstanceOf<BudgetExceededException>().path shouldContain "channels"
                    shouldThrow<OutOfMemoryError> { buffer.writeZero(700.KiB.toInt()) }
                    buffer.capacity() shouldBe 600.KiB.toInt()
                    buffer.readLong() shouldBe 5
                    buffer.release()
                }
            }
            withPool(limited(64.KiB)) { _, allocator ->
                val buffer = allocator.buffer(100)
                val error = shouldThrow<OutOfMemoryError> { buffer.capacity(100.KiB.toInt()) }
                error.cause.shouldBeInstanceOf<InvalidSizeException>()
                buffer.release()
            }
        }

        test("buffers of a pool of chunks are chunks, and larger ones are refused") {
            withPool(MemoryPool.fixed("chunks", 4.KiB, 2)) { pool, allocator ->
                val buffers = List(2) { allocator.buffer(4.KiB.toInt()).writeInt(it) }
                shouldThrow<OutOfMemoryError> { allocator.buffer(1) }
                shouldThrow<OutOfMemoryError> { buffers[0].capacity(5.KiB.toInt()) }
                buffers.map { it.readInt() } shouldContainExactly listOf(0, 1)
                buffers.forEach { it.release() }
                pool.stats().used shouldBe 0
            }
        }

        test("a buffer that is released twice throws, and its memory went back once") {
            withPool { pool, allocator ->
                val buffer = allocator.buffer(64)
                buffer.release() shouldBe true
                shouldThrow<IllegalReferenceCountException> { buffer.release() }
                shouldThrow<IllegalReferenceCountException> { buffer.release(Int.MAX_VALUE) }
                shouldThrow<IllegalReferenceCountException> { buffer.retain() }
                shouldThrow<IllegalReferenceCountException> { buffer.getByte(0) }
                shouldThrow<IllegalReferenceCountException> { buffer.memoryAddress() }
                shouldThrow<IllegalReferenceCountException> { buffer.capacity(10) }
                pool.stats().leases shouldBe 0
            }
        }

        test("more references are not released than there are, and not retained than can be counted") {
            withPool { _, allocator ->
                val buffer = allocator.buffer(64).retain(2)
                shouldThrow<IllegalReferenceCountException> { buffer.release(4) }
                buffer.refCnt() shouldBe 3
                shouldThrow<IllegalReferenceCountException> { buffer.retain(Int.MAX_VALUE) }
                buffer.refCnt() shouldBe 3
                shouldThrow<IllegalArgumentException> { buffer.release(0) }
                shouldThrow<IllegalArgumentException> { buffer.retain(-1) }
                buffer.retain(Int.MAX_VALUE - 3).refCnt() shouldBe Int.MAX_VALUE
                buffer.release(Int.MAX_VALUE - 1) shouldBe false
                buffer.release() shouldBe true
            }
        }

        test("of threads that release one reference at the same time one does, and the others are refused") {
            withPool { pool, allocator ->
                repeat(Effort.times(2000)) {
                    val buffer = allocator.buffer(64)
                    val released = AtomicInteger()
                    val refused = AtomicInteger()
                    val threads = List(3) {
                        Thread.startVirtualThread {
                            try {
                                if (buffer.release()) released.incrementAndGet()
                            } catch (_: IllegalReferenceCountException) {
                                refused.incrementAndGet()
                            }
                        }
                    }
                    threads.forEach(Thread::join)
                    (released.get() to refused.get()) shouldBe (1 to 2)
                }
                pool.stats().leases shouldBe 0
            }
        }

        test("buffers that travel between platform and virtual threads keep their bytes and come back") {
            withPool { pool, allocator ->
                val queue = ConcurrentLinkedQueue<ByteBuf>()
                val wrong = AtomicInteger()
                Executors.newVirtualThreadPerTaskExecutor().use { virtual ->
                    val platform = List(2) { number ->
                        thread {
                            val random = Random(number)
                            repeat(Effort.times(20_000)) {
                                val size = random.nextInt(8, 3000)
                                val buffer = allocator.buffer(size).setInt(0, size).setInt(size - 4, size)
                                if (random.nextBoolean()) queue.add(buffer) else virtual.execute { queue.add(buffer) }
                                queue.poll()?.let { if (!check(it)) wrong.incrementAndGet() }
                            }
                        }
                    }
                    platform.forEach(Thread::join)
                }
                while (true) if (!check(queue.poll() ?: break)) wrong.incrementAndGet()
                wrong.get() shouldBe 0
                pool.stats().used shouldBe 0
            }
        }

        test("a pool that is closed with buffers out says so and lends no more, and those go back later") {
            val pool = MemoryPool.isolated("netty")
            val allocator = pool.asByteBufAllocator()
            val buffer = allocator.buffer(1000).writeLong(9)
            shouldThrow<OutstandingLeasesException> { pool.close() }.count shouldBe 1
            shouldThrow<PoolClosedException> { allocator.buffer(10) }
            shouldThrow<PoolClosedException> { buffer.capacity(5000) }
            buffer.readLong() shouldBe 9
            buffer.release()
            pool.stats().used shouldBe 0
        }

        test("a lease becomes a buffer without a copy, and is closed with its last reference") {
            withPool { pool, allocator ->
                val lease = pool.rentShared(100)
                lease.withSegment { it.setByte(99, 77) }
                val buffer = allocator.wrap(lease)
                buffer.memoryAddress() shouldBe lease.address
                buffer.readableBytes() shouldBe 100
                buffer.maxCapacity() shouldBe 100
                buffer.getByte(99) shouldBe 77
                buffer.release() shouldBe true
                lease.isClosed shouldBe true
                pool.stats().used shouldBe 0
            }
        }

        test("the memory of a lease that is closed too early is held until its buffer is released") {
            withPool { pool, allocator ->
                val lease = pool.rentShared(100)
                val buffer = allocator.wrap(lease).setLong(0, 11)
                lease.close()
                pool.rentShared(100).use { other ->
                    (other.address == buffer.memoryAddress()) shouldBe false
                    buffer.getLong(0) shouldBe 11
                }
                buffer.release() shouldBe true
                pool.stats().used shouldBe 0
            }
        }

        test("a lease that is closed, or of another pool, becomes no buffer") {
            withPool { pool, allocator ->
                shouldThrow<LeaseClosedException> { allocator.wrap(pool.rentShared(10).also { it.close() }) }
                MemoryPool.isolated("other").use { other ->
                    other.rentShared(10).use { lease ->
                        shouldThrow<ForeignLeaseException> { allocator.wrap(lease) }.message shouldContain "'netty'"
                    }
                }
            }
        }

        test("the lease of a buffer is taken out without a copy, and the buffer has ended") {
            for (traced in listOf(false, true)) {
                withPool(MemoryPool.isolated("netty") { traceSites = traced }) { pool, allocator ->
                    val buffer = allocator.buffer(100).writeByte(55)
                    val address = buffer.memoryAddress()
                    allocator.detach(buffer).use { lease ->
                        lease.address shouldBe address
                        lease.size shouldBe 100
                        lease.withSegment { it.getByte(0) } shouldBe 55
                        buffer.refCnt() shouldBe 0
                        shouldThrow<IllegalReferenceCountException> { buffer.release() }
                        shouldThrow<IllegalReferenceCountException> { buffer.getByte(0) }
                        shouldThrow<IllegalReferenceCountException> { allocator.detach(buffer) }
                        pool.stats().leases shouldBe 1
                    }
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("a lease that became a buffer and was taken out again is the same") {
            withPool { pool, allocator ->
                val lease = pool.rentShared(100)
                allocator.detach(allocator.wrap(lease)) shouldBeSameInstanceAs lease
                lease.withSegment { it.setByte(0, 1) }
                lease.close()
                pool.stats().used shouldBe 0
            }
        }

        test("a buffer with other references, a part of one, a composite and a foreign one keep their memory") {
            withPool { pool, allocator ->
                val buffer = allocator.buffer(100).retain()
                shouldThrow<IllegalReferenceCountException> { allocator.detach(buffer) }.message shouldContain "is 2"
                buffer.release()
                val slice = buffer.slice(0, 10)
                val composite = allocator.compositeBuffer()
                val foreign = Unpooled.directBuffer(10)
                val heap = allocator.heapBuffer(10)
                val kept = Unpooled.unreleasableBuffer(buffer)
                for (other in listOf(slice, composite, foreign, heap)) {
                    shouldThrow<IllegalArgumentException> { allocator.detach(other) }.message shouldContain "'netty'"
                    other.refCnt() shouldBe 1
                }
                withPool(MemoryPool.isolated("other")) { _, others ->
                    shouldThrow<IllegalArgumentException> { others.detach(buffer) }.message shouldContain "'other'"
                }
                shouldThrow<IllegalArgumentException> { allocator.detach(kept) }
                buffer.setByte(0, 1).refCnt() shouldBe 1
                listOf(buffer, composite, foreign, heap).forEach { it.release() }
                pool.stats().used shouldBe 0
            }
        }

        test("Netty's leak detection watches the buffers, and taking a lease out ends that") {
            val level = ResourceLeakDetector.getLevel()
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID)
            try {
                withPool { pool, allocator ->
                    val buffer = allocator.buffer(100)
                    buffer.javaClass.simpleName shouldContain "LeakAware"
                    allocator.detach(buffer).close()
                    // Its leak record would have been closed a second time.
                    shouldThrow<IllegalReferenceCountException> { buffer.release() }
                    pool.stats().used shouldBe 0
                }
            } finally {
                ResourceLeakDetector.setLevel(level)
            }
        }
    }

    /** Whether [buffer], which it releases, has what was written. */
    private fun check(buffer: ByteBuf): Boolean {
        val size = buffer.getInt(0)
        val whole = size == buffer.capacity() && buffer.getInt(size - 4) == size
        return buffer.release() && whole
    }
}
