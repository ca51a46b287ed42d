package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.asInputStream
import dev.leasehold.memory.asOutputStream
import dev.leasehold.memory.rent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.util.zip.CRC32
import java.util.zip.Deflater
import java.util.zip.GZIPInputStream
import java.util.zip.GZIPOutputStream
import java.util.zip.Inflater
import kotlin.random.Random

class SegmentStreamsSpec : FunSpec({
    val content = Random(7).nextBytes(200_000)

    fun withSegment(size: Int, action: (Segment) -> Unit) = MemoryPool.isolated("streams").use { pool ->
        pool.rent(size.toLong()).use { action(it.segment) }
        pool.stats().used shouldBe 0
    }

    test("a stream reads what the segment has, by bytes, by arrays and as a whole") {
        withSegment(content.size) { segment ->
            segment.asOutputStream().write(content)
            segment.asInputStream().readAllBytes() shouldBe content
            val stream = segment.asInputStream()
            val read = ByteArrayOutputStream()
            while (read.size() < 100) read.write(stream.read())
            val some = ByteArray(1000)
            stream.read(some, 10, 900) shouldBe 900
            read.write(some, 10, 900)
            stream.available() shouldBe content.size - 1000
            stream.transferTo(read) shouldBe content.size - 1000L
            read.toByteArray() shouldBe content
            stream.read() shouldBe -1
            stream.read(some) shouldBe -1
            stream.read(some, 0, 0) shouldBe 0
            stream.transferTo(read) shouldBe 0
        }
    }

    test("a stream goes back to its mark, skips, and stops at the end") {
        withSegment(content.size) { segment ->
            segment.asOutputStream().write(content)
            val stream = segment.asInputStream()
            stream.markSupported() shouldBe true
            stream.skip(1000) shouldBe 1000
            stream.mark(0)
            stream.readNBytes(5) shouldBe content.copyOfRange(1000, 1005)
            stream.reset()
            stream.read() shouldBe (content[1000].toInt() and 0xFF)
            stream.skip(-3) shouldBe 0
            stream.skip(Long.MAX_VALUE) shouldBe content.size - 1001L
            stream.read() shouldBe -1
        }
    }

    test("what does not fit is refused as a whole, and the stream goes on") {
        withSegment(10) { segment ->
            val stream = segment.asOutputStream()
            stream.write(ByteArray(8) { 1 })
            shouldThrow<IOException> { stream.write(ByteArray(3)) }.message shouldBe
                "There is no room for 3 bytes more in a segment of 10 bytes, of which 8 are written: " +
                "give the stream a larger one"
            stream.written shouldBe 8
            stream.write(5)
            stream.write(6)
            shouldThrow<IOException> { stream.write(7) }.message shouldBe
                "There is no room for 1 byte more in a segment of 10 bytes, of which 10 are written: " +
                "give the stream a larger one"
            stream.written shouldBe 10
            segment.asInputStream().readAllBytes() shouldBe ByteArray(8) { 1 } + byteArrayOf(5, 6)
        }
    }

    test("a stream of memory that is closed, or may not be written, fails as streams do") {
        val pool = MemoryPool.isolated("ended")
        val lease = pool.rent(16)
        val input = lease.segment.asInputStream()
        val output = lease.segment.asOutputStream()
        shouldThrow<IOException> { lease.segment.asReadOnly().asOutputStream().write(1) }
            .cause.shouldBeInstanceOf<ReadOnlySegmentException>()
        lease.close()
        for (use in listOf({ input.read() }, { input.read(ByteArray(3)) }, { output.write(1) })) {
            val failure = shouldThrow<IOException> { use() }
            failure.cause.shouldBeInstanceOf<ViewClosedException>()
            failure.message shouldBe failure.cause?.message
        }
        output.written shouldBe 0
        pool.close()
    }

    test("compressors of the JDK write into a segment and read from it") {
        withSegment(content.size + 1000) { segment ->
            val packed = segment.asOutputStream()
            GZIPOutputStream(packed).use { ByteArrayInputStream(content).transferTo(it) }
            val there = segment.slice(0, packed.written)
            GZIPInputStream(there.asInputStream()).readAllBytes() shouldBe content
            GZIPInputStream(asInputStream(there.asMemorySegment())).readAllBytes() shouldBe content
        }
    }

    test("checksums and compressors of the JDK take the buffer of a lease") {
        MemoryPool.isolated("buffers").use { pool ->
            pool.rent(content.size.toLong()).use { lease ->
                lease.segment.asOutputStream().write(content)
                val sum = CRC32().apply { update(lease.asByteBuffer()) }.value
                sum shouldBe CRC32().apply { update(content) }.value
                pool.rent(content.size + 1000L).use { packed ->
                    val target = packed.asByteBuffer()
                    Deflater().run {
                        setInput(lease.asByteBuffer())
                        finish()
                        while (!finished()) deflate(target)
                        end()
                    }
                    val back = ByteArray(content.size)
                    Inflater().run {
                        setInput(target.flip())
                        inflate(back)
                        end()
                    }
                    back shouldBe content
                }
            }
        }
    }
})
