package dev.leasehold.memory.arrow

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.testing.FaultyMemory
import dev.leasehold.memory.testing.checkNothingLeaked
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.OutOfMemoryException
import org.apache.arrow.memory.RootAllocator
import org.apache.arrow.vector.BigIntVector
import org.apache.arrow.vector.VarCharVector
import org.apache.arrow.vector.VectorSchemaRoot
import org.apache.arrow.vector.ipc.ArrowStreamReader
import org.apache.arrow.vector.ipc.ArrowStreamWriter
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random

class ArrowAllocatorsSpec : FunSpec() {
    /** [use] must leave nothing in the manager. */
    private fun withManager(
        manager: MemoryManager = SystemMemoryManager("arrow"),
        use: (MemoryManager, RootAllocator) -> Unit,
    ): Unit = checkNothingLeaked {
        manager.newRootAllocator().use { use(manager, it) }
        manager.stats().used shouldBe 0
        manager.close()
    }

    init {
        test("a buffer is a block of the manager until its last reference is released") {
            withManager { manager, allocator ->
                val buffer = allocator.buffer(1000)
                buffer.capacity() shouldBe 1024
                manager.stats().used shouldBeGreaterThanOrEqual 1024
                buffer.memoryAddress() % 64 shouldBe 0
                buffer.setLong(1016, 9)
                val slice = buffer.slice(1016, 8)
                slice.referenceManager.retain()
                buffer.close()
                slice.getLong(0) shouldBe 9
                manager.stats().blocks shouldBe 1
                slice.close()
                manager.stats().blocks shouldBe 0
            }
        }

        test("a buffer without bytes takes nothing") {
            withManager { manager, allocator ->
                allocator.empty.capacity() shouldBe 0
                allocator.buffer(0).close()
                manager.stats().allocations shouldBe 0
            }
        }

        test("buffers of every size to some mebibytes keep what is written at their ends, and come back") {
            withManager { manager, allocator ->
                val sizes = generateSequence(1L) { it * 3 }.takeWhile { it < 20.MiB }.toList()
                val buffers = sizes.map { allocator.buffer(it) }
                for (buffer in buffers) {
                    buffer.setByte(0, 1)
                    buffer.setByte(buffer.capacity() - 1, 2)
                }
                for (buffer in buffers) buffer.getByte(buffer.capacity() - 1) shouldBe 2
                manager.stats().used shouldBeGreaterThanOrEqual allocator.allocatedMemory
                buffers.forEach { it.close() }
            }
        }

        test("vectors are filled, grow and are read") {
            withManager { _, allocator ->
                BigIntVector("numbers", allocator).use { numbers ->
                    VarCharVector("texts", allocator).use { texts ->
                        repeat(100_000) {
                            numbers.setSafe(it, it * 3L)
                            texts.setSafe(it, "text $it".toByteArray())
                        }
                        numbers.valueCount = 100_000
                        texts.valueCount = 100_000
                        repeat(100_000) {
                            numbers[it] shouldBe it * 3L
                            check(texts[it].decodeToString() == "text $it")
                        }
                    }
                }
            }
        }

        test("record batches are written as a stream, and read from one") {
            withManager { _, allocator ->
                val bytes = ByteArrayOutputStream()
                BigIntVector("numbers", allocator).use { numbers ->
                    VectorSchemaRoot.of(numbers).use { root ->
                        ArrowStreamWriter(root, null, bytes).use { writer ->
                            writer.start()
                            repeat(10) { batch ->
                                numbers.allocateNew(1000)
                                repeat(1000) { numbers.set(it, batch * 1000L + it) }
                                root.rowCount = 1000
                                writer.writeBatch()
                            }
                        }
                    }
                }
                var sum = 0L
                ArrowStreamReader(ByteArrayInputStream(bytes.toByteArray()), allocator).use { reader ->
                    val root = reader.vectorSchemaRoot
                    while (reader.loadNextBatch()) {
                        val numbers = root.getVector(0) as BigIntVector
                        for (row in 0 until root.rowCount) sum += numbers[row]
                    }
                }
                sum shouldBe 9999L * 10_000 / 2
            }
        }

        test("a buffer that goes from one child to another is given back once, by the last of both") {
            withManager { manager, allocator ->
                allocator.newChildAllocator("first", 0, 1.MiB).use { first ->
                    allocator.newChildAllocator("second", 0, 1.MiB).use { second ->
                        val here = first.buffer(4096)
                        here.setInt(0, 5)
                        val there = here.referenceManager.transferOwnership(here, second).transferredBuffer
                        first.allocatedMemory shouldBe 0
                        here.close()
                        there.getInt(0) shouldBe 5
                        manager.stats().blocks shouldBe 1
                        there.close()
                        manager.stats().blocks shouldBe 0
                    }
                }
            }
        }

        test("buffers that travel between platform and virtual threads keep their bytes and come back") {
            withManager { _, allocator ->
                val queue = ConcurrentLinkedQueue<ArrowBuf>()
                val wrong = AtomicInteger()
                fun check(buffer: ArrowBuf) = buffer.use {
                    if (it.getLong(0) != it.getLong(it.capacity() - 8)) wrong.incrementAndGet()
                }
                Executors.newVirtualThreadPerTaskExecutor().use { virtual ->
                    val threads = List(3) { number ->
                        Thread.ofPlatform().start {
                            val random = Random(number)
                            repeat(Effort.times(5000)) {
                                val buffer = allocator.buffer(random.nextLong(8, 5000))
                                val mark = random.nextLong()
                                buffer.setLong(0, mark)
                                buffer.setLong(buffer.capacity() - 8, mark)
                                if (random.nextBoolean()) queue.add(buffer) else virtual.execute { queue.add(buffer) }
                                queue.poll()?.let(::check)
                            }
                        }
                    }
                    threads.forEach(Thread::join)
                }
                generateSequence { queue.poll() }.forEach(::check)
                wrong.get() shouldBe 0
            }
        }

        test("a buffer that is released twice is refused, and its memory goes back once") {
            withManager { manager, allocator ->
                val buffer = allocator.buffer(100)
                buffer.close()
                shouldThrow<IllegalStateException> { buffer.close() }.message shouldContain "negative"
                val others = List(2) { allocator.buffer(100) }
                others.map { it.memoryAddress() }.toSet().size shouldBe 2
                others.forEach { it.close() }
                manager.stats().blocks shouldBe 0
            }
        }

        test("of threads that release one reference at the same time one does, and the others are refused") {
            withManager { manager, allocator ->
                repeat(Effort.times(500)) {
                    val buffer = allocator.buffer(64)
                    val refused = AtomicInteger()
                    List(3) {
                        Thread.startVirtualThread {
                            try {
                                buffer.close()
                            } catch (_: IllegalStateException) {
                                refused.incrementAndGet()
                            }
                        }
                    }.forEach(Thread::join)
                    refused.get() shouldBe 2
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("an allocator that is closed with buffers out says so, and a clear of the manager takes them back") {
            checkNothingLeaked {
                val manager = SystemMemoryManager("arrow")
                val allocator = manager.newRootAllocator()
                allocator.buffer(1000)
                shouldThrow<IllegalStateException> { allocator.close() }.message shouldContain "(1024)"
                manager.stats().blocks shouldBe 1
                manager.clear()
                manager.stats().used shouldBe 0
                manager.close()
            }
        }

        test("past the manager's limit there is Arrow's own exception, and nothing has changed") {
            withManager(SystemMemoryManager("arrow") { limit = 256.KiB }) { manager, allocator ->
                allocator.buffer(64.KiB).use { held ->
                    held.setInt(0, 3)
                    val failure = shouldThrow<OutOfMemoryException> { allocator.buffer(256.KiB) }
                    failure.cause.shouldBeInstanceOf<MemoryExhaustedException>()
                    failure.message shouldContain "'arrow'"
                    failure.message shouldBe failure.cause?.message
                    allocator.allocatedMemory shouldBe 64.KiB
                    manager.stats().blocks shouldBe 1
                    held.getInt(0) shouldBe 3
                    val large = shouldThrow<OutOfMemoryException> { allocator.buffer(1.MiB) }
                    large.cause.shouldBeInstanceOf<InvalidSizeException>()
                }
            }
        }

        test("a budget above the manager counts Arrow's bytes, and refuses a vector that grows past it") {
            MemoryBudget("queries", limit = 1.MiB).use { budget ->
                withManager(SystemMemoryManager("arrow") { this.budget = budget }) { _, allocator ->
                    BigIntVector("numbers", allocator).use { numbers ->
                        val failure = shouldThrow<OutOfMemoryException> {
                            repeat(1 shl 20) { numbers.setSafe(it, it * 1L) }
                        }
                        failure.cause.shouldBeInstanceOf<BudgetExceededException>()
                        failure.message shouldContain "queries: "
                        budget.used shouldBeGreaterThanOrEqual allocator.allocatedMemory
                        val kept = numbers.valueCapacity
                        (kept >= 1024) shouldBe true
                        repeat(kept) { check(numbers[it] == it * 1L) }
                    }
                }
                budget.used shouldBe 0
            }
        }

        test("Arrow's own limit holds beside the manager's") {
            SystemMemoryManager("arrow").use { manager ->
                manager.newRootAllocator(limit = 4096).use { allocator ->
                    shouldThrow<OutOfMemoryException> { allocator.buffer(8192) }.message shouldContain "8192"
                    manager.stats().allocations shouldBe 0
                }
            }
        }

        test("whichever request for memory fails while a batch is made, nothing is lost") {
            val memory = FaultyMemory()
            val manager = memory.manager("arrow")
            var failures = 0
            for (call in 1L..40) {
                memory.script { refuse(call) }
                checkNothingLeaked {
                    manager.newRootAllocator().use { allocator ->
                        try {
                            makeBatch(allocator)
                        } catch (refused: OutOfMemoryException) {
                            refused.cause.shouldBeInstanceOf<MemoryExhaustedException>()
                            failures++
                        }
                        allocator.allocatedMemory shouldBe 0
                    }
                    manager.stats().used shouldBe 0
                }
            }
            (failures > 3) shouldBe true
            manager.close()
        }

        test("a manager that is closed allocates no more, and the buffers that are out stay good") {
            val manager = SystemMemoryManager("arrow")
            manager.newRootAllocator().use { allocator ->
                val buffer = allocator.buffer(100)
                buffer.setInt(0, 8)
                shouldThrow<OutstandingBlocksException> { manager.close() }.count shouldBe 1
                shouldThrow<ManagerClosedException> { allocator.buffer(100) }
                allocator.allocatedMemory shouldBe 128
                buffer.getInt(0) shouldBe 8
                buffer.close()
                manager.stats().used shouldBe 0
            }
        }

        test("an allocator that was closed is given no block") {
            withManager { manager, _ ->
                val other = manager.newRootAllocator().also { it.close() }
                shouldThrow<IllegalStateException> { manager.asAllocationManagerFactory().create(other, 100) }
                manager.stats().blocks shouldBe 0
            }
        }

        test("allocators that name no memory are on the process's manager") {
            checkNothingLeaked {
                val before = MemoryManager.system().stats().used
                RootAllocator().use { allocator ->
                    allocator.buffer(100_000).use {
                        (MemoryManager.system().stats().used - before) shouldBeGreaterThanOrEqual 100_000
                    }
                }
            }
        }
    }

    private fun makeBatch(allocator: RootAllocator) {
        BigIntVector("numbers", allocator).use { numbers ->
            VarCharVector("texts", allocator).use { texts ->
                repeat(5000) {
                    numbers.setSafe(it, it * 1L)
                    texts.setSafe(it, "a text that is longer than most".toByteArray())
                }
            }
        }
    }
}
