@file:OptIn(UnsafeIoApi::class)

package dev.leasehold.memory.io

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SegmentBoundsException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.io.Buffer
import kotlinx.io.UnsafeIoApi
import kotlinx.io.readByteArray
import kotlin.random.Random

class BufferSegmentsSpec : FunSpec() {
    init {
        test("values are read where a buffer has them, and what was read is taken off") {
            val buffer = Buffer().apply {
                writeByte(1)
                writeInt(0x01020304)
                writeLong(5)
            }
            var value = 0
            buffer.readFromHead {
                it.size shouldBe 13
                value = it.getInt(1, ByteOrder.BIG_ENDIAN)
                shouldThrow<ReadOnlySegmentException> { it.setByte(0, 1) }
                shouldThrow<SegmentBoundsException> { it.getByte(13) }
                5
            } shouldBe 5
            value shouldBe 0x01020304
            buffer.readLong() shouldBe 5
            shouldThrow<IllegalArgumentException> { buffer.readFromHead { 0 } }
        }

        test("a buffer of several arrays shows one after the other") {
            val content = Random(1).nextBytes(20_000)
            val buffer = bufferOf(content)
            val seen = Buffer()
            while (!buffer.exhausted()) {
                buffer.readFromHead {
                    seen.write(it)
                    it.size.toInt()
                }
            }
            seen.readByteArray() shouldBe content
        }

        test("values are written where a buffer will have them") {
            val buffer = bufferOf(byteArrayOf(9))
            buffer.writeToTail(8) {
                it.setLong(0, 77, ByteOrder.BIG_ENDIAN)
                8
            } shouldBe 8
            buffer.readByte() shouldBe 9
            buffer.readLong() shouldBe 77
        }

        test("an action that fails or counts wrongly leaves the buffer as it was") {
            val buffer = bufferOf(byteArrayOf(1, 2, 3))
            shouldThrow<IllegalStateException> { buffer.readFromHead { 4 } }
            shouldThrow<IllegalStateException> { buffer.readFromHead { error("no") } }
            shouldThrow<IllegalStateException> { buffer.writeToTail(1) { -1 } }
            shouldThrow<IllegalStateException> { buffer.writeToTail(1) { error("no") } }
            for (minimum in listOf(0, 10_000)) {
                shouldThrow<IllegalArgumentException> { buffer.writeToTail(minimum) { 0 } }
            }
            buffer.readByteArray() shouldBe byteArrayOf(1, 2, 3)
        }
    }
}
