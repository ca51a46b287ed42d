package dev.leasehold.memory.race.permanent

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentSink
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.LibraryCopy
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.ConcurrentLinkedQueue

// Asked for in both steps: what fits at any address may not fit at a multiple.
private const val ALIGNMENT = 4L

/** What one writer appends: records that say whose they are, of many sizes. */
internal object WrittenRecords {
    /** The record [number] of [writer]: what its bytes are follows from both. */
    fun record(writer: Int, number: Int): ByteArray {
        val bytes = ByteArray(16 + (writer * 31 + number * 17) % 300)
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(writer).putInt(number).putInt(bytes.size)
        for (at in 12 until bytes.size) bytes[at] = (writer * 7 + number * 3 + at).toByte()
        return bytes
    }

    /** Appends [count] records of [writer] to buffers that [sink] gives: their addresses. */
    fun write(writer: Int, count: Int, sink: (Long) -> PermanentSink): LongArray = LongArray(count) { number ->
        val record = record(writer, number)
        var address: Long? = null
        while (address == null) address = sink(record.size.toLong()).tryAppend(record, ALIGNMENT)
        address
    }

    /** What of this the other copy of the library calls: appends to the shared buffers from [threads] threads. */
    @JvmStatic
    fun writeShared(first: Int, threads: Int, count: Int, low: Long, high: Long): Array<LongArray> {
        val range = AddressRange.between(low, high)
        val all = arrayOfNulls<LongArray>(threads)
        together(threads) { worker ->
            all[worker] = write(first + worker, count) { PermanentMemory.obtain(it, range, ALIGNMENT) }
        }
        return all.requireNoNulls()
    }

    /** As another process: appends to the buffers of the process in [args], and prints the addresses. */
    @JvmStatic
    fun main(args: Array<String>) {
        val (process, writer, count, low, high) = args.map(String::toLong)
        val range = AddressRange.between(low, high)
        ProcessMemory.open(process).use { other ->
            val addresses = write(writer.toInt(), count.toInt()) { size ->
                // The other process makes new ones as these become full.
                generateSequence {
                    other.buffers().find { it.base in range && it.canFit(size, ALIGNMENT) }
                        ?: Thread.yield()
                }
                    .filterIsInstance<PermanentMemory>().first()
            }
            for (address in addresses) println(address)
        }
    }
}

/** Appends from many threads, from copies of the library, and from processes at once. */
class PermanentAppendsSpec : FunSpec() {
    private class Written(val writer: Int, val number: Int, val address: Long) {
        val size: Int get() = WrittenRecords.record(writer, number).size
    }

    private fun written(writer: Int, addresses: LongArray) =
        addresses.mapIndexed { number, address -> Written(writer, number, address) }

    /** Which of [all] are not where they were appended, or lie over another. */
    private fun faults(all: List<Written>): List<String> {
        val buffers = PermanentMemory.buffers()
        val torn = all.filter { one ->
            val memory = buffers.find { it.holds(one.address, one.size.toLong()) }
            memory == null || !contentEquals(memory, one)
        }
        val overlaps = all.sortedBy { it.address }.zipWithNext().filter { (a, b) -> a.address + a.size > b.address }
        return torn.map { "record ${it.number} of writer ${it.writer} is torn" } +
            overlaps.map { (a, b) -> "record ${b.number} of writer ${b.writer} lies over one of ${a.writer}" }
    }

    private fun contentEquals(memory: PermanentMemory, one: Written): Boolean {
        val bytes = memory.asMemorySegment(one.address, one.size.toLong())
        val expected = MemorySegment.ofArray(WrittenRecords.record(one.writer, one.number))
        return bytes.mismatch(expected) == -1L
    }

    init {
        test("a hundred threads lose no byte, tear none, and overlap nowhere, through buffers and appenders") {
            val range = AddressRange.between(0x3100_0000_0000, 0x3100_4000_0000)
            val all = ConcurrentLinkedQueue<Written>()
            val count = Effort.times(1_000)
            together(100) { worker ->
                val addresses = if (worker % 2 == 0) {
                    WrittenRecords.write(worker, count) { PermanentMemory.obtain(it, range, ALIGNMENT) }
                } else {
                    var memory = PermanentMemory.obtain(1.MiB, range)
                    var appender = memory.appender()
                    WrittenRecords.write(worker, count) { size ->
                        if (!appender.canFit(size, ALIGNMENT)) {
                            appender.close()
                            memory = PermanentMemory.obtain(1.MiB, range)
                            appender = memory.appender()
                        }
                        appender
                    }
                }
                all += written(worker, addresses)
            }
            all.size shouldBe 100 * count
            faults(all.toList()).shouldBeEmpty()
        }

        test("two copies of the library, in class loaders of their own, share all buffers") {
            val range = AddressRange.between(0x3200_0000_0000, 0x3200_4000_0000)
            val copies = List(2) { LibraryCopy() }
            val all = ConcurrentLinkedQueue<Written>()
            try {
                together(3) { part ->
                    val first = part * 10
                    val results = if (part == 2) {
                        WrittenRecords.writeShared(first, 4, 1_000, range.first, range.last)
                    } else {
                        copies[part].call(
                            WrittenRecords::class,
                            "writeShared",
                            first,
                            4,
                            1_000,
                            range.first,
                            range.last,
                        ) as Array<*>
                    }
                    results.forEachIndexed { worker, addresses ->
                        all += written(first + worker, addresses as LongArray)
                    }
                }
                all.size shouldBe 12_000
                faults(all.toList()).shouldBeEmpty()
                // They really are copies.
                copies.map { it.load(PermanentMemory::class) }.toSet().size shouldBe 2
            } finally {
                copies.forEach(LibraryCopy::close)
            }
        }

        test("three processes append at once, and this one with them") {
            val range = AddressRange.between(0x3300_0000_0000, 0x3300_4000_0000)
            PermanentMemory.obtain(1.MiB, range)
            val own = ProcessHandle.current().pid()
            val count = Effort.times(3_000)
            val all = ConcurrentLinkedQueue<Written>()
            together(4) { part ->
                val addresses = if (part == 3) {
                    // Ahead of the others, so that they find room.
                    repeat(8) { PermanentMemory.obtain(4.MiB - it * 4096L, range).append(ByteArray(4096)) }
                    WrittenRecords.write(100 + part, count) { PermanentMemory.obtain(it, range, ALIGNMENT) }
                } else {
                    val options = listOf(ChildJvm.NATIVE_ACCESS, "-Xmx64m", "-XX:+UseSerialGC")
                    val arguments = listOf(
                        own,
                        100L + part,
                        count.toLong(),
                        range.first,
                        range.last,
                    ).map(Long::toString)
                    val result = ChildJvm.run(WrittenRecords::class, options, *arguments.toTypedArray())
                    check(result.exitCode == 0) { result.output }
                    result.output.trim().lines().map(String::toLong).toLongArray()
                }
                all += written(100 + part, addresses)
            }
            all.size shouldBeGreaterThanOrEqual 4 * count
            faults(all.toList()).shouldBeEmpty()
        }
    }
}
