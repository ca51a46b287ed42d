package dev.leasehold.memory.crash.permanent

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.nio.ByteBuffer
import java.util.Collections
import kotlin.random.Random

/** Appends to a table of another process until it is killed, and says of each record, once it is appended, so. */
internal object DyingAppender {
    const val TABLE = "of those who die"
    private const val MARK = 0x5ca1ab1e

    /** A record of [writer]: its bytes all follow from its first. */
    fun record(writer: Int, number: Int): ByteArray {
        val bytes = ByteArray(12 + number % 200) { (writer + number + it).toByte() }
        ByteBuffer.wrap(bytes).putInt(writer).putInt(number).putInt(MARK)
        return bytes
    }

    @JvmStatic
    fun main(args: Array<String>) {
        val (process, writer) = args.map(String::toLong)
        ProcessMemory.open(process).use { other ->
            val table = checkNotNull(other.table(TABLE))
            for (number in 0..Int.MAX_VALUE) {
                val place = table.append(record(writer.toInt(), number))
                println("$number $place")
            }
        }
    }
}

/** Processes that append to this one's memory, and are killed in the middle of it. */
class PermanentKillSpec : FunSpec({
    test("who is killed as it appends stops nobody, and leaves no half record") {
        val table = PermanentTable.obtain(DyingAppender.TABLE)
        val seed = Effort.seed("kills of appenders")
        val random = Random(seed)
        val own = ProcessHandle.current().pid()
        val faults = ArrayList<String>()
        var writer = 0
        var acknowledged = 0L
        repeat(Effort.times(4)) {
            // Room for those who cannot make any.
            PermanentMemory.obtain(64.MiB)
            val writers = List(3) { ++writer }
            val children = writers.map {
                val options = listOf(ChildJvm.NATIVE_ACCESS, "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                ChildJvm.start(DyingAppender::class, options, "$own", "$it")
            }
            val outputs = children.map { child ->
                val lines = Collections.synchronizedList(ArrayList<String>())
                lines to Thread.ofPlatform().daemon().start { child.inputReader().forEachLine(lines::add) }
            }
            for ((index, number) in writers.withIndex()) {
                val child = children[index]
                while (outputs[index].first.isEmpty() && child.isAlive) Thread.sleep(10)
                Thread.sleep(random.nextLong(1, 300))
                // That of the process itself would close what it has printed.
                child.toHandle().destroyForcibly()
                child.waitFor()
                // Nobody waits for the dead.
                table.append(DyingAppender.record(-number, 0))
            }
            for (index in children.indices) {
                val (lines, reader) = outputs[index]
                reader.join()
                for (line in lines) {
                    // The last one may be cut in the middle.
                    val (number, place) = line.split(' ').mapNotNull(String::toLongOrNull).takeIf { it.size == 2 }
                        ?: continue
                    if (line === lines.last()) continue
                    acknowledged++
                    val expected = DyingAppender.record(writers[index], number.toInt())
                    val found = table.asMemorySegment(place)
                    if (found.mismatch(MemorySegment.ofArray(expected)) != -1L) {
                        faults += "record $number of ${writers[index]} is not at $place"
                    }
                }
            }
        }
        for (index in 0 until table.size) {
            val bytes = table.asMemorySegment(index).toArray(JAVA_BYTE)
            val head = ByteBuffer.wrap(bytes)
            val expected = DyingAppender.record(head.getInt(), head.getInt())
            if (!bytes.contentEquals(expected)) faults += "record $index is torn"
        }
        println("$writer appenders killed, $acknowledged records")
        faults.shouldBeEmpty()
        acknowledged shouldBeGreaterThan 100
        writer shouldBe Effort.times(4) * 3
    }
})
