package dev.leasehold.memory.io

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.io.samples.copyUpload
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.testing.checkNothingLeaked
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.io.Buffer
import kotlinx.io.EOFException
import kotlinx.io.IOException
import kotlinx.io.RawSink
import kotlinx.io.RawSource
import kotlinx.io.buffered
import kotlinx.io.readByteArray
import kotlinx.io.readString
import kotlinx.io.writeString
import kotlin.random.Random

class SegmentTransfersSpec : FunSpec() {
    private val pool = MemoryPool.isolated("streams")
    private val content = Random(3).nextBytes(100_001)
    private val size = content.size.toLong()

    init {
        afterSpec {
            pool.stats().used shouldBe 0
            pool.close()
        }

        test("readInto fills a segment out of a buffered source, and leaves what is behind it") {
            checkNothingLeaked {
                pool.rent(size).use { lease ->
                    val source = Slow(content + byteArrayOf(1, 2, 3)).buffered()
                    source.require(5)
                    source.readInto(lease.segment)
                    lease.segment.toByteArray() shouldBe content
                    source.readByteArray() shouldBe byteArrayOf(1, 2, 3)
                }
            }
        }

        test("readInto takes no byte too many from a source without a buffer") {
            checkNothingLeaked {
                pool.rent(size - 10).use { lease ->
                    val source = Slow(content)
                    source.readInto(lease.segment)
                    lease.segment.toByteArray() shouldBe content.copyOf(content.size - 10)
                    source.left shouldBe 10
                }
            }
        }

        test("readAtMostInto takes what there is, and says when there is no more") {
            checkNothingLeaked {
                pool.rent(100).use { lease ->
                    val source = bufferOf("0123456789".encodeToByteArray())
                    source.readAtMostInto(lease.segment) shouldBe 10
                    lease.segment.slice(0, 10).toByteArray() shouldBe "0123456789".encodeToByteArray()
                    source.readAtMostInto(lease.segment) shouldBe -1
                    source.readAtMostInto(lease.segment.slice(0, 0)) shouldBe 0
                    Slow(byteArrayOf(4)).readAtMostInto(lease.segment) shouldBe 1
                    lease.segment.getByte(0) shouldBe 4
                }
            }
        }

        test("a source that ends too early is an EOFException with both figures, and what was rented is back") {
            checkNothingLeaked {
                pool.rent(11).use { lease ->
                    shouldThrow<EOFException> { Slow(ByteArray(10)).readInto(lease.segment) }
                        .message shouldContain "after 10 of 11 bytes"
                }
                shouldThrow<EOFException> { Slow(content).readLease(pool, size + 1) }
                shouldThrow<EOFException> { bufferOf(content).readSharedLease(pool, size + 1) }
                shouldThrow<EOFException> { Buffer().readLease(pool, 1) }.message shouldContain "after 0 of 1"
            }
            pool.stats().used shouldBe 0
        }

        test("readLease rents when the first byte is there, and not before") {
            checkNothingLeaked {
                val source = Slow(content) { pool.stats().leases shouldBe 0 }
                source.readLease(pool, size).use { it.segment.toByteArray() shouldBe content }
                bufferOf(content).readSharedLease(pool, size).use { lease ->
                    lease.withSegment { it.toByteArray() } shouldBe content
                }
                Buffer().readLease(pool, 0).close()
            }
        }

        test("a lease that the budget has no room for is an IOException, and the source keeps its bytes") {
            checkNothingLeaked {
                val app = MemoryBudget("small", 1.MiB)
                MemoryPool.isolated("bounded") { budget = app }.use { bounded ->
                    val source = bufferOf("content".encodeToByteArray())
                    val refusal = shouldThrow<IOException> { source.readLease(bounded, 2.MiB) }
                    refusal.cause.shouldBeInstanceOf<BudgetExceededException>().limit shouldBe 1.MiB
                    refusal.message shouldContain "small"
                    shouldThrow<IOException> { source.readSharedLease(bounded, 2.MiB) }
                    source.readString() shouldBe "content"
                    bounded.stats().used shouldBe 0
                }
            }
        }

        test("a segment that refuses is an IOException, and a buffered source keeps its bytes") {
            checkNothingLeaked {
                pool.rent(4).use { lease ->
                    val source = bufferOf("content".encodeToByteArray())
                    val refusal = shouldThrow<IOException> { source.readInto(lease.segment.asReadOnly()) }
                    refusal.cause.shouldBeInstanceOf<ReadOnlySegmentException>()
                    source.readString() shouldBe "content"
                }
            }
        }

        test("write hands all bytes to a sink, with a buffer and without") {
            checkNothingLeaked {
                pool.rent(size).use { lease ->
                    lease.segment.copyFrom(content)
                    val buffer = bufferOf(byteArrayOf(9))
                    buffer.write(lease.segment)
                    buffer.write(lease)
                    buffer.readByteArray() shouldBe byteArrayOf(9) + content + content
                    val gathered = Gathering()
                    gathered.write(lease.segment)
                    gathered.buffered().use { it.write(lease) }
                    gathered.all.readByteArray() shouldBe content + content
                    // No more than an array at a time lies on the heap.
                    gathered.largest shouldBe 8192
                }
                pool.rentShared(size).use { lease ->
                    lease.withSegment { it.copyFrom(content) }
                    Buffer().also { it.write(lease) }.readByteArray() shouldBe content
                }
            }
        }

        test("a closed lease is no input of a sink") {
            checkNothingLeaked {
                val lease = pool.rent(4.KiB).also { it.close() }
                val shared = pool.rentShared(4.KiB).also { it.close() }
                val sink = Buffer()
                shouldThrow<IOException> { sink.write(lease) }.cause.shouldBeInstanceOf<LeaseClosedException>()
                shouldThrow<IOException> { sink.write(shared) }.cause.shouldBeInstanceOf<LeaseClosedException>()
                sink.size shouldBe 0
            }
        }

        test("a sink that fails keeps no lease open") {
            checkNothingLeaked {
                val failing = object : RawSink by Buffer() {
                    override fun write(source: Buffer, byteCount: Long): Unit = throw IOException("disk full")
                }
                pool.rentShared(size).use { lease ->
                    shouldThrow<IOException> { failing.write(lease) }.message shouldBe "disk full"
                }
            }
        }

        test("a body goes from a source to a sink through a lease") {
            checkNothingLeaked {
                val sink = Buffer()
                copyUpload(Slow(content), size, pool, sink)
                sink.readByteArray() shouldBe content
            }
        }
    }

    /** Gives up to 1,000 bytes at a time, and looks before each. */
    private class Slow(bytes: ByteArray, private val look: () -> Unit = {}) : RawSource {
        private val buffer = bufferOf(bytes)
        private var looked = false

        val left: Long get() = buffer.size

        override fun readAtMostTo(sink: Buffer, byteCount: Long): Long {
            if (!looked) look()
            looked = true
            return buffer.readAtMostTo(sink, minOf(byteCount, 1000))
        }

        override fun close() {
            buffer.close()
        }
    }

    /** Keeps everything, and the largest part that came at once. */
    private class Gathering : RawSink {
        val all = Buffer()
        var largest = 0L

        override fun write(source: Buffer, byteCount: Long) {
            largest = maxOf(largest, byteCount)
            all.write(source, byteCount)
        }

        override fun flush(): Unit = Unit

        override fun close(): Unit = Unit
    }
}
