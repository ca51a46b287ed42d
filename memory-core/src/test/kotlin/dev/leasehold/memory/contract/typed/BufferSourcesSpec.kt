package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.support.ManagerFixtures
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.rentBuffer
import dev.leasehold.memory.typed.set
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** Where buffers come from, and what a source that is closed, empty or full says. */
class BufferSourcesSpec : FunSpec() {
    /** An element that lies as the test wants it. */
    private class Sized(override val byteSize: Long, override val alignment: Long) : ElementType<Sized> {
        override val layout: String get() = "sized"
    }

    init {
        for (fixture in ManagerFixtures.all) {
            test("$fixture gives buffers that are aligned, reach no neighbour, and go back") {
                fixture.use { manager ->
                    for (type in listOf(Sized(24, 64), Sized(10, 64), Sized(100, 128), Sized(100, 4096), Sized(3, 1))) {
                        val buffers = List(3) { manager.allocateBuffer(type, 3) }
                        for ((number, buffer) in buffers.withIndex()) {
                            buffer.view().address % type.alignment shouldBe 0
                            buffer.view().size shouldBe 3 * type.byteSize
                            buffer.view().fill(number.toByte())
                        }
                        for ((number, buffer) in buffers.withIndex()) {
                            buffer.view().getByte(0) shouldBe number.toByte()
                            buffer.view().getByte(3 * type.byteSize - 1) shouldBe number.toByte()
                            buffer.close()
                        }
                    }
                    manager.allocateBuffer(ElementType.LONG, 0).use { it.elements.size shouldBe 0 }
                }
            }
        }

        test("a kept view of a closed buffer never reaches the bytes of the next") {
            SystemMemoryManager("late").use { manager ->
                repeat(200) {
                    for (count in listOf(8L, 8192L, 300_000L)) {
                        val buffer = manager.allocateBuffer(ElementType.LONG, count)
                        val late = buffer.elements
                        late[count - 1] = 1
                        buffer.close()
                        manager.allocateBuffer(ElementType.LONG, count).use { next ->
                            next.elements[count - 1] = 2
                            try {
                                check(late[count - 1] != 2L) { "a late view reads the next buffer" }
                                late[count - 1] = 3
                            } catch (refused: MemoryClosedException) {
                                check("can no longer be used" in refused.message!!)
                            }
                            next[count - 1] shouldBe 2
                        }
                    }
                }
            }
        }

        test("kept structs of a closed buffer never reach those of the next") {
            SystemMemoryManager("late structs").use { manager ->
                repeat(200) {
                    for (count in listOf(2L, 2048L, 75_000L)) {
                        val buffer = manager.allocateBuffer(Particle, count)
                        val late = buffer.elements
                        val last = buffer[count - 1]
                        last[Particle.id] = 1
                        buffer.close()
                        manager.allocateBuffer(Particle, count).use { next ->
                            next[count - 1][Particle.id] = 2
                            try {
                                check(late[count - 1, Particle.id] != 2L) { "a late array reads the next buffer" }
                                last[Particle.id] = 3
                            } catch (refused: MemoryClosedException) {
                                check("can no longer be used" in refused.message!!)
                            }
                            next[count - 1][Particle.id] shouldBe 2
                        }
                    }
                }
            }
        }

        test("a number of elements that cannot be is refused in words, and nothing is taken") {
            SystemMemoryManager("sizes") { limit = 1L shl 20 }.use { manager ->
                for (count in listOf(-1L, Long.MAX_VALUE, Long.MIN_VALUE)) {
                    val refusal = shouldThrow<InvalidSizeException> { manager.allocateBuffer(ElementType.LONG, count) }
                    refusal.message shouldBe "manager 'sizes': a buffer of ${"%,d".format(count)} elements of 8 " +
                        "bytes each cannot be made: their number must not be negative, and their bytes must not be " +
                        "more " +
                        "than a long counts"
                }
                shouldThrow<InvalidSizeException> { manager.allocateBuffer(ElementType.LONG, 1L shl 20) }
                shouldThrow<InvalidAlignmentException> { manager.allocateBuffer(Sized(8, 1L shl 20), 1) }
                manager.allocateBuffer(ElementType.LONG, 70_000).use {
                    shouldThrow<MemoryExhaustedException> { manager.allocateBuffer(ElementType.LONG, 70_000) }
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("buffers outlive their manager and their pool, which allocate no more") {
            val manager = SystemMemoryManager("closed")
            val block = manager.allocateBuffer(ElementType.INT, 10)
            shouldThrow<Exception> { manager.close() }
            shouldThrow<ManagerClosedException> { manager.allocateBuffer(ElementType.INT, 10) }
            block[9] = 1
            block.close()
            await("the manager gives all back") { manager.stats().reserved == 0L }
            val pool = MemoryPool.isolated("closed")
            val lease = pool.rentBuffer(ElementType.INT, 10)
            shouldThrow<OutstandingLeasesException> { pool.close() }
            shouldThrow<PoolClosedException> { pool.rentBuffer(ElementType.INT, 10) }
            lease[9] = 1
            lease.close()
            await("the pool gives all back") { pool.stats().reserved == 0L }
        }

        test("a fixed pool that is closed first leaves its buffers their memory until the last one goes") {
            val pool = MemoryPool.fixed("fixed", blockSize = 100, blockCount = 2)
            val unique = pool.rentBuffer(ElementType.LONG)
            unique.count shouldBe 12
            val shared = pool.rentBuffer(ElementType.LONG).share()
            val copy = shared.copy()
            shouldThrow<MemoryExhaustedException> { pool.rentBuffer(ElementType.LONG) }
            shouldThrow<OutstandingLeasesException> { pool.close() }
            unique[11] = 1
            copy[11] = 2
            shared.close()
            unique[11] shouldBe 1
            unique.close()
            copy[11] shouldBe 2
            check(pool.stats().reserved > 0) { "the region went while a buffer was in it" }
            copy.close()
            await("the region goes with the last buffer") { pool.stats().reserved == 0L }
            shouldThrow<PoolClosedException> { pool.rentBuffer(ElementType.LONG) }
        }

        test("a fixed pool gives what its chunks hold and refuses what they do not") {
            MemoryPool.fixed("chunks", blockSize = 40, blockCount = 2, alignment = 4).use { pool ->
                pool.rentBuffer(Sized(24, 4)).use { it.count shouldBe 1 }
                pool.rentBuffer(ElementType.BYTE).use { it.count shouldBe 40 }
                pool.rentBuffer(ElementType.INT, 3).use { it.byteSize shouldBe 12 }
                shouldThrow<InvalidSizeException> { pool.rentBuffer(Sized(48, 4)) }
                shouldThrow<InvalidAlignmentException> { pool.rentBuffer(Sized(16, 128)) }
                shouldThrow<InvalidSizeException> { pool.rentBuffer(ElementType.INT, -1) }.message shouldBe
                    "pool 'chunks': a buffer of -1 elements of 4 bytes each cannot be made: their number must not be " +
                    "negative, and their bytes must not be more than a long counts"
                pool.available shouldBe 2
            }
        }

        test("every primitive has elements, a get and a set") {
            val manager = MemoryManager.system()
            manager.allocateBuffer(ElementType.BYTE, 2).use {
                it[1] = -3
                it.elements[1] shouldBe -3
                it[1] shouldBe -3
            }
            manager.allocateBuffer(ElementType.SHORT, 2).use {
                it[1] = -3
                it.elements[1] shouldBe -3
                it[1] shouldBe -3
            }
            manager.allocateBuffer(ElementType.CHAR, 2).use {
                it[1] = 'x'
                it.elements[1] shouldBe 'x'
                it[1] shouldBe 'x'
            }
            manager.allocateBuffer(ElementType.INT, 2).use {
                it[1] = -3
                it.elements[1] shouldBe -3
                it[1] shouldBe -3
            }
            manager.allocateBuffer(ElementType.LONG, 2).use {
                it[1] = -3
                it.elements[1] shouldBe -3
                it[1] shouldBe -3
            }
            manager.allocateBuffer(ElementType.FLOAT, 2).use {
                it[1] = .5f
                it.elements[1] shouldBe .5f
                it[1] shouldBe .5f
            }
            manager.allocateBuffer(ElementType.DOUBLE, 2).use {
                it[1] = .5
                it.elements[1] shouldBe .5
                it[1] shouldBe .5
            }
        }
    }
}
