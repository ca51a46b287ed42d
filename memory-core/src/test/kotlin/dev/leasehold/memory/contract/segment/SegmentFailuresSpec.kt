package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.ViewThreadException
import dev.leasehold.memory.access
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.cursor
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.getUtf8Terminated
import dev.leasehold.memory.hexDump
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.mismatch
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.rewriter
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.setUtf8Terminated
import dev.leasehold.memory.support.accessors
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.asBytes
import dev.leasehold.memory.typed.asChars
import dev.leasehold.memory.typed.asDoubles
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldMatch
import java.lang.foreign.Arena
import java.util.concurrent.Executors

/** Everything that reads memory through a view of 16 bytes. */
private val reads = mapOf<String, (Segment) -> Any?>(
    "getUtf8" to { it.getUtf8() },
    "getUtf8Terminated" to { it.getUtf8Terminated() },
    "toByteArray" to { it.toByteArray() },
    "copyTo an array" to { it.copyTo(ByteArray(16)) },
    "copyTo a segment" to { it.copyTo(Segment.of(Arena.ofAuto().allocate(16))) },
    "copyFrom the other side" to { Segment.of(Arena.ofAuto().allocate(16)).copyFrom(it) },
    "mismatch" to { it.mismatch(Segment.of(Arena.ofAuto().allocate(16))) },
    "mismatch from the other side" to { Segment.of(Arena.ofAuto().allocate(16)).mismatch(it) },
    "indexOf" to { it.indexOf(1) },
    "hexDump" to { it.hexDump() },
    "ints" to { it.asInts()[0] },
    "iteration" to { it.asLongs().iterator().next() },
    "forEach" to { segment -> segment.asBytes().forEach { it.toInt() } },
    "binarySearch" to { it.asDoubles().binarySearch(1.0) },
    "toIntArray" to { it.asInts().toIntArray() },
    "cursor" to { it.cursor().fetchInt() },
    "rewriter" to { it.rewriter().fetchInt() },
) + accessors.associate { accessor -> "get${accessor.name}" to { segment: Segment -> accessor.get(segment, 0) } }

/** Everything that writes memory through a view of 16 bytes. */
private val writes = mapOf<String, (Segment) -> Any?>(
    "fill" to { it.fill(1) },
    "zero" to { it.zero() },
    "copyFrom an array" to { it.copyFrom(ByteArray(16)) },
    "copyFrom a segment" to { it.copyFrom(Segment.of(Arena.ofAuto().allocate(16))) },
    "copyTo the other side" to { Segment.of(Arena.ofAuto().allocate(16)).copyTo(it) },
    "setUtf8" to { it.setUtf8(0, "text") },
    "setUtf8Terminated" to { it.setUtf8Terminated(0, "text") },
    "shorts" to { it.asShorts().set(0, 1) },
    "fill of chars" to { it.asChars().fill('a') },
    "copyFrom of floats" to { it.asFloats().copyFrom(FloatArray(4)) },
    "cursor" to { it.cursor().storeDouble(1.0) },
    "rewriter" to { it.rewriter().apply { skip(8) }.storeLong(1) },
    "sort of bytes" to { it.asBytes().sort() },
    "sort of shorts" to { it.asShorts().sort() },
    "sort of chars" to { it.asChars().sort() },
    "sort of ints" to { it.asInts().sort() },
    "sort of longs" to { it.asLongs().sort() },
    "sort of floats" to { it.asFloats().sort() },
    "sort of doubles" to { it.asDoubles().sort() },
) + accessors.associate { accessor ->
    "set${accessor.name}" to { segment: Segment -> accessor.set(segment, 0, accessor.sample) }
}

private fun <R> onAnotherThread(block: () -> R): R =
    Executors.newSingleThreadExecutor { Thread(it, "visitor") }.use { it.submit(block).get() }

class SegmentFailuresSpec : FunSpec({
    for (accessor in accessors) {
        test("${accessor.name} outside the bounds names offset, length and size, and writes nothing") {
            withBytes(countingBytes(10)) { segment ->
                val width = accessor.width.toLong()
                for (offset in listOf(-1L, 11 - width, 10L, Long.MAX_VALUE, Long.MIN_VALUE, 1L shl 32)) {
                    val message = "offset ${grouped(offset)} with length $width is outside of a segment of 10 bytes"
                    val read = shouldThrow<SegmentBoundsException> { accessor.get(segment, offset) }
                    read.message shouldBe message
                    listOf(read.offset, read.length, read.size) shouldBe listOf(offset, width, 10L)
                    shouldThrow<SegmentBoundsException> { accessor.set(segment, offset, accessor.sample) }
                        .message shouldBe message
                    val ordered = accessor.ordered ?: continue
                    for (order in ByteOrder.entries) {
                        shouldThrow<SegmentBoundsException> { ordered.get(segment, offset, order) }
                            .message shouldBe message
                        shouldThrow<SegmentBoundsException> { ordered.set(segment, offset, accessor.sample, order) }
                            .message shouldBe message
                    }
                }
                segment.toByteArray() shouldBe countingBytes(10)
            }
        }
    }

    test("every access to memory given back says so, reads and writes, and also through a slice") {
        val arena = Arena.ofConfined()
        val segment = Segment.of(arena.allocate(16))
        arena.close()
        for ((name, access) in reads + writes) {
            withClue(name) {
                val failure = shouldThrow<ViewClosedException> { access(segment) }
                failure.message shouldMatch Regex(
                    "The memory at 0x[0-9a-f]+ \\(\\d+ bytes\\) can no longer be used: the lease, the block or the " +
                        "withSegment that the view was taken from has ended; use views only until then; set " +
                        "traceSites = true to see where it was taken and closed",
                )
                failure.ownerName shouldBe null
                shouldThrow<ViewClosedException> { access(Segment.of(segment.asMemorySegment()).slice(0, 16)) }
            }
        }
    }

    test("every access from another thread names that thread") {
        withMemory(16) { segment ->
            for ((name, access) in reads + writes) {
                withClue(name) {
                    val failure = onAnotherThread { shouldThrow<ViewThreadException> { access(segment) } }
                    failure.message shouldMatch Regex(
                        "The memory at 0x[0-9a-f]+ \\(\\d+ bytes\\) may be used by one thread only, that of its " +
                            "lease or of its withSegment, and was used on thread 'visitor' \\(#\\d+\\); rent with " +
                            "rentShared, or allocate a block, and call withSegment on each thread",
                    )
                }
            }
            segment.toByteArray() shouldBe ByteArray(16)
        }
    }

    test("every write through a read-only view is refused, every read is not") {
        withMemory(16) { segment ->
            val readOnly = segment.asReadOnly()
            readOnly.isReadOnly shouldBe true
            segment.isReadOnly shouldBe false
            for ((name, write) in writes) {
                withClue(name) {
                    val failure = shouldThrow<ReadOnlySegmentException> { write(readOnly) }
                    failure.message!! shouldEndWith "is read-only; write through the view that it was taken from"
                    shouldThrow<ReadOnlySegmentException> { write(readOnly.slice(0, 16)) }
                }
            }
            segment.toByteArray() shouldBe ByteArray(16)
            reads.forEach { (name, read) -> withClue(name) { read(readOnly) } }
            segment.setInt(0, 7)
            readOnly.getInt(0) shouldBe 7
        }
    }

    test("views can be taken of memory given back, only their use is refused") {
        val arena = Arena.ofConfined()
        val segment = Segment.of(arena.allocate(16))
        arena.close()
        segment.slice(4).splitAt(2).tail.asReadOnly().size shouldBe 10
        segment.asInts().slice(1, 3).size shouldBe 2
        segment.toString() shouldEndWith ", 16 bytes)"
    }
})
