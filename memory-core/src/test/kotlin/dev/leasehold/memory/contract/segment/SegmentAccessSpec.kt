package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import dev.leasehold.memory.support.accessors
import dev.leasehold.memory.support.arbBytes
import dev.leasehold.memory.support.bytesOf
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.nio.ByteBuffer
import java.nio.ByteOrder as PlatformOrder

class SegmentAccessSpec : FunSpec({
    for (accessor in accessors) {
        test("${accessor.name} is read in native order at any offset as a ByteBuffer reads it") {
            checkAll(arbBytes(8..64), Arb.int(0..56)) { bytes, at ->
                val offset = at % (bytes.size - accessor.width + 1)
                val model = accessor.model(ByteBuffer.wrap(bytes).order(PlatformOrder.nativeOrder()), offset)
                withBytes(bytes) { accessor.get(it, offset.toLong()) shouldBeExactly model }
            }
        }

        test("${accessor.name} written in native order changes its own bytes only and is read back") {
            for (offset in 0L..8L) {
                withBytes(ByteArray(16)) { segment ->
                    accessor.set(segment, offset, accessor.sample)
                    accessor.get(segment, offset) shouldBeExactly accessor.sample
                    segment.slice(0, offset).toByteArray() shouldBe ByteArray(offset.toInt())
                    val after = segment.slice(offset + accessor.width)
                    after.toByteArray() shouldBe ByteArray(after.size.toInt())
                }
            }
        }

        val ordered = accessor.ordered ?: continue
        for (order in ByteOrder.entries) {
            test("${accessor.name} is read and written in $order as a ByteBuffer does") {
                checkAll(arbBytes(8..32), Arb.int(0..24)) { bytes, at ->
                    val offset = at % (bytes.size - accessor.width + 1)
                    val model = accessor.model(ByteBuffer.wrap(bytes).order(order.platform), offset)
                    withBytes(bytes) { segment ->
                        ordered.get(segment, offset.toLong(), order) shouldBeExactly model
                        val copy = ByteArray(bytes.size)
                        withBytes(copy) { target ->
                            ordered.set(target, offset.toLong(), model, order)
                            ordered.get(target, offset.toLong(), order) shouldBeExactly model
                        }
                    }
                }
            }
        }
    }

    test("the byte order decides where the bytes of a number lie") {
        withMemory(8) { memory ->
            memory.setInt(0, 0x01020304, ByteOrder.BIG_ENDIAN)
            memory.setInt(4, 0x01020304, ByteOrder.LITTLE_ENDIAN)
            memory.toByteArray() shouldBe bytesOf(1, 2, 3, 4, 4, 3, 2, 1)
        }
    }

    test("the native byte order is the platform's") {
        ByteOrder.NATIVE.platform shouldBe PlatformOrder.nativeOrder()
    }

    test("floating-point numbers keep every bit, also those of a NaN, in either order") {
        withMemory(8) { memory ->
            for (order in ByteOrder.entries) {
                memory.setDouble(0, Double.fromBits(0x7ff8_0000_dead_beefL), order)
                memory.getLong(0, order) shouldBe 0x7ff8_0000_dead_beefL
                memory.setFloat(0, Float.fromBits(0x7fc0_1234), order)
                memory.getInt(0, order) shouldBe 0x7fc0_1234
            }
        }
    }

    test("every byte but zero reads as true") {
        withBytes(bytesOf(0, 1, 2, 255)) { segment ->
            (0L..3L).map { segment.getBoolean(it) } shouldBe listOf(false, true, true, true)
            segment.setBoolean(3, false)
            segment.setBoolean(0, true)
            segment.toByteArray() shouldBe bytesOf(1, 1, 2, 0)
        }
    }

    test("fill and zero change all bytes of the view and none beside it") {
        withBytes(countingBytes(16)) { segment ->
            segment.slice(4, 8).fill(-1)
            segment.slice(6, 2).zero()
            segment.toByteArray() shouldBe
                bytesOf(0, 1, 2, 3, -1, -1, 0, 0, -1, -1, -1, -1, 12, 13, 14, 15)
        }
    }

    test("address and size are those of the memory, and the text form names both") {
        withMemory(32) { memory ->
            memory.slice(5).address shouldBe memory.address + 5
            memory.slice(5).size shouldBe 27
            memory.toString() shouldBe "Segment(0x${memory.address.toHexString().trimStart('0')}, 32 bytes)"
        }
    }

    test("a byte buffer crosses in both directions over the same memory") {
        withMemory(8) { memory ->
            val buffer = memory.asByteBuffer()
            buffer.order() shouldBe PlatformOrder.BIG_ENDIAN
            buffer.putInt(0, 0x01020304).position(2).limit(6)
            val view = Segment.of(buffer)
            view.toByteArray() shouldBe bytesOf(3, 4, 0, 0)
            view.setByte(3, 9)
            memory.getByte(5) shouldBe 9
            memory.asMemorySegment().byteSize() shouldBe 8
        }
    }
})
