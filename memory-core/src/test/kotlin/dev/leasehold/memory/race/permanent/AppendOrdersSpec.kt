package dev.leasehold.memory.race.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.TableRecords
import dev.leasehold.memory.internal.permanent.Tables
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.support.AppendableBytes
import dev.leasehold.memory.support.TurnWords
import dev.leasehold.memory.support.Turns
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.random.Random

/** Appends and tables of several processes, in thousands of orders of their steps. */
class AppendOrdersSpec : FunSpec() {
    private val arena = Arena.ofShared()
    private val memory = arena.allocate(1L shl 16, 1L shl 16)
    private val name = "table".encodeToByteArray()

    /** Runs [party] three times, each in a process of its own, in the order of [seed]. */
    private fun race(
        seed: Long,
        words: (MemorySegment, Turns) -> FileWords,
        party: (AppendableBytes, Random) -> Unit,
    ) {
        memory.fill(0)
        val turns = Turns(Random(seed))
        repeat(3) { number ->
            turns.add { party(AppendableBytes(memory) { words(it, turns) }, Random(seed * 3 + number)) }
        }
        turns.run()
    }

    private class Extent(val start: Long, val end: Long)

    /** The faults of a race of appends, through the buffer itself and through appenders. */
    private fun appendFaults(seed: Long, words: (MemorySegment, Turns) -> FileWords): List<String> {
        val taken = ConcurrentLinkedQueue<Extent>()
        race(seed, words) { process, random ->
            val buffer = process.buffer
            val appender = PermanentMemory(buffer).appender()
            repeat(8) {
                val size = random.nextLong(1, 90)
                val alignment = 1L shl random.nextInt(5)
                val start = if (random.nextBoolean()) buffer.claim(size, alignment) else appender.claim(size, alignment)
                if (start >= 0) taken += Extent(start, start + size)
                if (start >= 0 && (start + buffer.address) % alignment != 0L) taken += Extent(-1, -1)
            }
            appender.close()
        }
        val position = AppendableBytes(memory, ::FileWords).buffer.position
        val sorted = taken.sortedBy(Extent::start)
        return sorted.zipWithNext().filter { it.first.end > it.second.start }.map { "overlap at ${it.second.start}" } +
            sorted.filter { it.start < 0 || it.end > position }.map { "outside: ${it.start}..${it.end} of $position" }
    }

    /** The faults of a race of tables: each process makes the table, and appends its own records. */
    private fun tableFaults(
        seed: Long,
        words: (MemorySegment, Turns) -> FileWords,
        records: (AppendableBytes) -> TableRecords = { Tables(it, AppendableBytes::damaged).findOrMake(name) },
    ): List<String> = try {
        raceOfTables(seed, words, records)
    } catch (damage: RuntimeException) {
        listOf("$damage")
    }

    private fun raceOfTables(
        seed: Long,
        words: (MemorySegment, Turns) -> FileWords,
        records: (AppendableBytes) -> TableRecords,
    ): List<String> {
        val numbers = ConcurrentLinkedQueue<Pair<Long, Long>>()
        race(seed, words) { process, random ->
            val table = records(process)
            repeat(14) {
                val value = random.nextLong()
                val address = table.reserve(8)
                process.buffer.content.set(address + 8 - process.buffer.address, value)
                numbers += table.publish(address) to value
            }
        }
        val after = AppendableBytes(memory, ::FileWords)
        val table = Tables(after, AppendableBytes::damaged).find(name) ?: return listOf("the table is gone")
        val wrong = numbers.filter { (number, value) ->
            val address = table.address(number)
            address == 0L || after.buffer.content.get(address + 8 - after.buffer.address) != value
        }
        val faults = wrong.map { "record ${it.first} is not the one that was appended" }
        return if (table.size == numbers.size.toLong()) faults else faults + "${table.size} of ${numbers.size} records"
    }

    init {
        afterSpec { arena.close() }

        test("appends never overlap, and lie where they were aligned, in any order of their steps") {
            val seed = Effort.seed("appends")
            val faults = (0 until Effort.times(2_000)).flatMap { appendFaults(seed + it, ::TurnWords) }
            faults.shouldBeEmpty()
        }

        test("an append that adds without comparing overlaps others, and this finds it") {
            val seed = Effort.seed("torn appends")
            (0 until 200).any { appendFaults(seed + it, ::TornTurnWords).isNotEmpty() } shouldBe true
        }

        test("each record has a number of its own and is found by it, and all make the same table, in any order") {
            val seed = Effort.seed("tables")
            val faults = (0 until Effort.times(600)).flatMap { tableFaults(seed + it, ::TurnWords) }
            faults.shouldBeEmpty()
        }

        test("a number that is given without comparing is given twice, and this finds it") {
            val seed = Effort.seed("torn tables")
            (0 until 200).any { tableFaults(seed + it, ::TornTurnWords).isNotEmpty() } shouldBe true
        }

        test("a table whose maker does not look for an older one is two tables, and this finds it") {
            val seed = Effort.seed("tables of their own")
            val isFound = (0 until 200).any { round ->
                val faults = tableFaults(seed + round, ::TurnWords) { process ->
                    object : Tables(process, AppendableBytes::damaged) {
                        override fun oldest(found: List<TableRecords>): TableRecords? = found.firstOrNull()
                    }.findOrMake(name)
                }
                faults.isNotEmpty()
            }
            isFound shouldBe true
        }
    }
}

/** Compares, lets others come, and sets. */
private class TornTurnWords(memory: MemorySegment, private val turns: Turns) : FileWords(memory) {
    override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
        if (get(offset) != seen) return false
        turns.step()
        set(offset, next)
        return true
    }
}
