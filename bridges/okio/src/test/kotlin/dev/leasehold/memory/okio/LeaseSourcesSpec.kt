package dev.leasehold.memory.okio

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.testing.checkNothingLeaked
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import okio.Buffer
import okio.IOException
import okio.Source
import okio.buffer
import java.util.concurrent.CompletableFuture
import kotlin.random.Random

class LeaseSourcesSpec : FunSpec() {
    private val pool = MemoryPool.isolated("streams")

    // None, one, around Okio's arrays, and no round number.
    private val sizes = listOf(0, 1, 8191, 8192, 8193, 100_001)

    init {
        afterSpec {
            pool.stats().used shouldBe 0
            pool.close()
        }

        test("a source has the bytes of its segment or lease, whatever is read at a time") {
            checkNothingLeaked {
                for (size in sizes) {
                    val content = Random(size).nextBytes(size)
                    pool.rent(size.toLong()).use { lease ->
                        lease.segment.copyFrom(content)
                        read(lease.segment.asSource()) shouldBe content
                        read(lease.asSource()) shouldBe content
                        for (step in listOf(1L, 4095L, 8192L, 1L shl 20)) {
                            if (size > 10_000 && step == 1L) continue
                            read(lease.asSource(), step) shouldBe content
                        }
                    }
                    pool.rentShared(size.toLong()).use { lease ->
                        lease.withSegment { it.copyFrom(content) }
                        CompletableFuture.supplyAsync { read(lease.asSource()) }.join() shouldBe content
                    }
                }
            }
        }

        test("a part of a lease is a source, and one outside of it is refused at once") {
            checkNothingLeaked {
                pool.rent(100).use { lease ->
                    lease.segment.copyFrom(ByteArray(100) { it.toByte() })
                    read(lease.asSource(10, 20)) shouldBe ByteArray(20) { (it + 10).toByte() }
                    read(lease.asSource(90)) shouldBe ByteArray(10) { (it + 90).toByte() }
                    shouldThrow<SegmentBoundsException> { lease.asSource(90, 11) }
                    shouldThrow<IllegalArgumentException> { lease.asSource(-1, 1) }.message shouldContain "was -1"
                }
                pool.rentShared(100).use { shouldThrow<SegmentBoundsException> { it.asSource(101) } }
            }
        }

        test("what is left of a buffer's last array is used, and its content stays") {
            checkNothingLeaked {
                pool.rent(10_000).use { lease ->
                    lease.segment.fill(7)
                    val buffer = Buffer().writeUtf8("before")
                    buffer.writeAll(lease.asSource()) shouldBe 10_000
                    buffer.readUtf8(6) shouldBe "before"
                    buffer.readByteArray() shouldBe ByteArray(10_000) { 7 }
                }
            }
        }

        test("a closed lease, a closed view and a wrong thread are an IOException with the library's as its cause") {
            checkNothingLeaked {
                val lease = pool.rent(4.KiB)
                val source = lease.asSource()
                val view = lease.segment.asSource()
                val sink = Buffer().writeUtf8("kept")
                val onOther = CompletableFuture.supplyAsync { refusal<LeaseThreadException>(source, Buffer()) }.join()
                onOther.message shouldContain "rentShared"
                source.read(sink, 1) shouldBe 1
                lease.close()
                refusal<LeaseClosedException>(source, sink).poolName shouldBe "streams"
                refusal<ViewClosedException>(view, sink)
                shouldThrow<LeaseClosedException> { lease.asSource() }
                sink.size shouldBe 5
                sink.readUtf8(4) shouldBe "kept"
                val shared = pool.rentShared(4.KiB)
                val ofShared = shared.asSource()
                shared.close()
                refusal<LeaseClosedException>(ofShared, sink)
            }
        }

        test("a source that was closed refuses, and its lease is still open") {
            checkNothingLeaked {
                pool.rent(10).use { lease ->
                    val source = lease.asSource()
                    source.close()
                    source.close()
                    shouldThrow<IllegalStateException> { source.read(Buffer(), 1) }
                    shouldThrow<IllegalArgumentException> { lease.asSource().read(Buffer(), -1) }
                    lease.isClosed shouldBe false
                }
            }
        }

        test("a sink fills its memory, counts what it has, and writes all of a buffer or nothing") {
            checkNothingLeaked {
                for (size in sizes) {
                    val content = Random(size).nextBytes(size)
                    pool.rent(size.toLong()).use { lease ->
                        val sink = lease.asSink()
                        sink.buffer().use { it.write(content) }
                        sink.written shouldBe size.toLong()
                        bytesOf(lease) shouldBe content
                    }
                    pool.rentShared(size.toLong()).use { lease ->
                        lease.asSink().buffer().use { it.write(content) }
                        read(lease.asSource()) shouldBe content
                    }
                }
                pool.rent(10).use { lease ->
                    lease.segment.zero()
                    val sink = lease.segment.asSink()
                    sink.write(Buffer().writeUtf8("1234567"), 7)
                    val more = Buffer().writeUtf8("890!")
                    val refusal = shouldThrow<IOException> { sink.write(more, 4) }
                    refusal.cause.shouldBeInstanceOf<SegmentBoundsException>().size shouldBe 10
                    more.size shouldBe 4
                    sink.written shouldBe 7
                    sink.write(more, 3)
                    bytesOf(lease) shouldBe "1234567890".encodeToByteArray()
                    shouldThrow<IllegalArgumentException> { sink.write(more, 2) }
                    sink.flush()
                    sink.close()
                    shouldThrow<IllegalStateException> { sink.write(more, 1) }
                    shouldThrow<IllegalStateException> { sink.flush() }
                }
            }
        }

        test("a sink of a closed lease is an IOException, and the buffer keeps its bytes") {
            checkNothingLeaked {
                val lease = pool.rentShared(10)
                val sink = lease.asSink()
                lease.close()
                val buffer = Buffer().writeUtf8("1234")
                shouldThrow<IOException> { sink.write(buffer, 4) }.cause.shouldBeInstanceOf<LeaseClosedException>()
                buffer.readUtf8() shouldBe "1234"
                shouldThrow<LeaseClosedException> { lease.asSink() }
            }
        }
    }

    private fun read(source: Source, step: Long = 8192): ByteArray {
        val buffer = Buffer()
        source.use { while (it.read(buffer, step) >= 0) continue }
        return buffer.readByteArray()
    }

    private fun bytesOf(lease: Lease) = read(lease.asSource())

    private inline fun <reified E : MemoryException> refusal(source: Source, sink: Buffer): E {
        val failure = shouldThrow<IOException> { source.read(sink, 10) }
        val cause = failure.cause.shouldBeInstanceOf<E>()
        failure.message shouldBe cause.message
        return cause
    }
}
