package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.cursor
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.LongElements
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.DELETE_ON_CLOSE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.SPARSE
import java.nio.file.StandardOpenOption.WRITE

/** The pages of a sparse file take memory only once they are touched, so the size costs nothing. */
private fun withSparseMemory(size: Long, block: (Segment) -> Unit) {
    val file = Files.createTempDirectory("leasehold").resolve("sparse")
    try {
        FileChannel.open(file, CREATE_NEW, SPARSE, READ, WRITE, DELETE_ON_CLOSE).use { channel ->
            Arena.ofConfined().use { arena ->
                block(Segment.of(channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena)))
            }
        }
    } finally {
        Files.deleteIfExists(file)
        Files.delete(file.parent)
    }
}

class LargeSegmentSpec : FunSpec({
    val size = 5.GiB + 3

    test("beyond 2 and 4 GiB every kind of access reaches the right bytes") {
        withSparseMemory(size) { memory ->
            memory.size shouldBe size
            for (offset in listOf(2.GiB - 3, 2.GiB + 1, 4.GiB - 3, size - 8)) {
                memory.setLong(offset, offset)
                memory.getLong(offset) shouldBe offset
                memory.slice(offset).getLong(0) shouldBe offset
            }
            memory.slice(-8).getLong(0) shouldBe size - 8
            memory.slice(0, 5.GiB).asInts()[5.GiB / 4 - 1] shouldBe memory.getInt(5.GiB - 4)
            memory.splitAt(4.GiB + 1).tail.size shouldBe 1.GiB + 2
            memory.setUtf8(3.GiB, "far away")
            memory.cursor().apply { moveTo(3.GiB) }.fetchUtf8(8) shouldBe "far away"
            memory.copyTo(memory, 0, 3.GiB, 8)
            memory.getUtf8(0, 8) shouldBe "far away"
            memory.indexOf('y'.code.toByte(), 3.GiB) shouldBe 3.GiB + 7
        }
    }

    test("beyond 2 GiB there is no array and no byte buffer, and the refusal says how large one can be") {
        withSparseMemory(size) { memory ->
            shouldThrow<SegmentSizeException> { memory.toByteArray() }.message shouldBe
                "A segment of ${bytes(size)} does not fit into one array, which holds at most 2,147,483,639 " +
                "bytes; take slices of it"
            shouldThrow<SegmentSizeException> { memory.asByteBuffer() }.message shouldBe
                "A segment of ${bytes(size)} does not fit into one byte buffer, which holds at most 2,147,483,647 " +
                "bytes; take slices of it"
            shouldThrow<SegmentSizeException> { memory.getUtf8() }.size shouldBe size
            shouldThrow<SegmentSizeException> { memory.slice(0, 5.GiB).asShorts().toShortArray() }.size shouldBe 5.GiB
            shouldThrow<SegmentBoundsException> { memory.getByte(size) }.message shouldBe
                "offset ${grouped(size)} with length 1 is outside of a segment of ${bytes(size)}"
        }
    }

    test("bytes beyond 2 GiB are sorted and searched by 64-bit indices") {
        withSparseMemory(size) { memory ->
            val far = memory.slice(4.GiB, 1.MiB).asInts()
            for (index in 0 until far.size) far[index] = (far.size - index).toInt()
            far[0] = 0
            far.sort()
            far.binarySearch(1) shouldBe 1
            val longs = memory.slice(0, 5.GiB).asLongs()
            longs.fillLast()
            longs.binarySearch(Long.MAX_VALUE) shouldBe longs.size - 1
        }
    }
})

private fun LongElements.fillLast() {
    this[size - 1] = Long.MAX_VALUE
}
