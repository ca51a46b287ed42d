package dev.leasehold.memory.io

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
import kotlinx.io.Buffer
import kotlinx.io.IOException
import kotlinx.io.RawSource
import kotlinx.io.buffered
import kotlinx.io.readByteArray
import kotlinx.io.readString
import kotlinx.io.writeString
import java.util.concurrent.CompletableFuture
import kotlin.random.Random

class LeaseSourcesSpec : FunSpec() {
    private val pool = MemoryPool.isolated("streams")

    // None, one, around the arrays of kotlinx-io, and no round number.
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
                    val buffer = bufferOf("before".encodeToByteArray())
                    buffer.transferFrom(lease.asSource()) shouldBe 10_000
                    buffer.readString(6) shouldBe "before"
                    buffer.readByteArray() shouldBe ByteArray(10_000) { 7 }
                }
            }
        }

        test("a closed lease, a closed view and a wrong thread are an IOException with the library's as its cause") {
            checkNothingLeaked {
                val lease = pool.rent(4.KiB)
                val source = lease.asSource()
                val view = lease.segment.asSource()
                val sink = bufferOf("kept".encodeToByteArray())
                val onOther = CompletableFuture.supplyAsync { refusal<LeaseThreadException>(source, Buffer()) }.join()
                onOther.message shouldContain "rentShared"
                source.readAtMostTo(sink, 1) shouldBe 1
                lease.close()
                refusal<LeaseClosedException>(source, sink).poolName shouldBe "streams"
                refusal<ViewClosedException>(view, sink)
                shouldThrow<LeaseClosedException> { lease.asSource() }
                sink.size shouldBe 5
                sink.readString(4) shouldBe "kept"
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
                    shouldThrow<IllegalStateException> { source.readAtMostTo(Buffer(), 1) }
                    shouldThrow<IllegalArgumentException> { lease.asSource().readAtMostTo(Buffer(), -1) }
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
                        sink.buffered().use { it.write(content) }
                        sink.written shouldBe size.toLong()
                        bytesOf(lease) shouldBe content
                    }
                    pool.rentShared(size.toLong()).use { lease ->
                        lease.asSink().buffered().use { it.write(content) }
                        read(lease.asSource()) shouldBe content
                    }
                }
                pool.rent(10).use { lease ->
                    lease.segment.zero()
                    val sink = lease.segment.asSink()
                    sink.write(bufferOf("1234567".encodeToByteArray()), 7)
                    val more = bufferOf("890!".encodeToByteArray())
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
                val buffer = bufferOf("1234".encodeToByteArray())
                shouldThrow<IOException> { sink.write(buffer, 4) }.cause.shouldBeInstanceOf<LeaseClosedException>()
                buffer.readString() shouldBe "1234"
                shouldThrow<LeaseClosedException> { lease.asSink() }
            }
        }
    }

    private fun read(source: RawSource, step: Long = 8192): ByteArray {
        val buffer = Buffer()
        source.use { while (it.readAtMostTo(buffer, step) >= 0) continue }
        return buffer.readByteArray()
    }

    private fun bytesOf(lease: Lease) = read(lease.asSource())

    private inline fun <reified E : MemoryException> refusal(source: RawSource, sink: Buffer): E {
        val failure = shouldThrow<IOException> { source.readAtMostTo(sink, 10) }
        val cause = failure.cause.shouldBeInstanceOf<E>()
        failure.message shouldBe cause.message
        return cause
    }
}
