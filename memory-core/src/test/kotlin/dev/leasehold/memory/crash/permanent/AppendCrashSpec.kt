package dev.leasehold.memory.crash.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.permanent.TableRecords
import dev.leasehold.memory.internal.permanent.Tables
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.support.AppendableBytes
import dev.leasehold.memory.support.Killed
import dev.leasehold.memory.support.SimulatedSpace
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import kotlin.random.Random

/**
 * Who appends dies before each of its stores in turn. What it had finished is whole, what it had not is not there, and
 * those who go on are stopped by nothing and get nothing of its own.
 */
class AppendCrashSpec : FunSpec() {
    private val arena = Arena.ofShared()
    private val memory = arena.allocate(1L shl 20, 1L shl 16)
    private val name = "table".encodeToByteArray()

    /** The steps of one process, which can be made up to any of them. */
    private class Steps(val left: Int) {
        // All words of a process together make its steps.
        fun words(bytes: MemorySegment): FileWords = object : FileWords(bytes) {
            override fun set(offset: Long, value: Long) {
                count()
                super.set(offset, value)
            }

            override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
                count()
                return super.compareAndSet(offset, seen, next)
            }

            override fun getAndAdd(offset: Long, more: Long): Long {
                count()
                return super.getAndAdd(offset, more)
            }
        }

        var steps = 0
            private set

        private fun count() {
            if (steps == left) throw Killed()
            steps++
        }
    }

    private class Extent(val start: Long, val size: Long, val value: Byte)

    /** Appends in all ways, and notes what was finished. */
    private class Appends(
        private val process: AppendableBytes,
        seed: Int,
        private val newTables: (AppendableBytes) -> Tables,
    ) {
        private val random = Random(seed)
        val extents = ArrayList<Extent>()
        val records = ArrayList<Pair<Long, Long>>()

        fun run(name: ByteArray) {
            val memory = PermanentMemory(process.buffer)
            val appender = memory.appender()
            val table = newTables(process).findOrMake(name)
            repeat(6) {
                append { memory.claim(it, 8) }
                append { appender.claim(it, 1) }
                memory.exclusively(64) { append { claim(it.coerceAtMost(30), 1) } }
                repeat(6) { record(table) }
            }
            appender.close()
        }

        private fun append(claim: (Long) -> Long) {
            val size = random.nextLong(1, 30)
            val start = claim(size)
            val value = random.nextInt().toByte()
            process.buffer.bytes.asSlice(start, size).fill(value)
            extents += Extent(start, size, value)
        }

        private fun record(table: TableRecords) {
            val value = random.nextLong()
            val address = table.reserve(8)
            process.buffer.content.setQuietly(address + 8 - process.buffer.address, value)
            records += table.publish(address) to value
        }
    }

    private fun faults(steps: Steps, newTables: (AppendableBytes) -> Tables): List<String> {
        memory.fill(0)
        val dead = Appends(AppendableBytes(memory, steps::words), 1, newTables)
        try {
            dead.run(name)
        } catch (_: Killed) {
            // As planned.
        }
        val alive = Appends(AppendableBytes(memory, ::FileWords), 2, newTables)
        alive.run(name)
        return faultsOf(dead, alive)
    }

    private fun faultsOf(dead: Appends, alive: Appends): List<String> {
        val after = AppendableBytes(memory, ::FileWords)
        val buffer = after.buffer
        val torn = (dead.extents + alive.extents).filter { extent ->
            (0 until extent.size).any { buffer.bytes.get(JAVA_BYTE, extent.start + it) != extent.value }
        }
        val table = Tables(after, AppendableBytes::damaged).find(name).shouldNotBeNull()
        val wrong = (dead.records + alive.records).filter { (number, value) -> valueOf(table, buffer, number) != value }
        val known = (dead.records + alive.records).mapTo(HashSet()) { it.second }
        // The last of the dead may be there, too: it was numbered, and whole.
        val strangers = (0 until table.size).count { valueOf(table, buffer, it) !in known }
        val halves = (0 until table.size).filter { valueOf(table, buffer, it) == 0L }
        return torn.map { "bytes at ${it.start} are another's" } + wrong.map { "record ${it.first} is another" } +
            halves.map { "record $it is half" } +
            (if (strangers > 1) listOf("$strangers records of nobody") else emptyList())
    }

    private fun valueOf(table: TableRecords, buffer: AppendBuffer, number: Long): Long {
        val address = table.address(number)
        if (address == 0L || table.sizeOf(address, buffer) != 8L) return 0
        return buffer.content.get(address + 8 - buffer.address)
    }

    private fun crashes(newTables: (AppendableBytes) -> Tables): Pair<Int, List<String>> {
        val all = Steps(Int.MAX_VALUE)
        val faults = ArrayList(faults(all, newTables))
        for (step in 0 until all.steps) faults += faults(Steps(step), newTables).map { "at step $step: $it" }
        return all.steps to faults
    }

    init {
        afterSpec { arena.close() }

        test("who appends may die before any of its stores") {
            val (steps, faults) = crashes { Tables(it, AppendableBytes::damaged) }
            println("$steps crashes")
            faults.shouldBeEmpty()
            steps shouldBeGreaterThan 150
        }

        test("a record that gets its number before it is whole is found half, and this finds it") {
            val (_, faults) = crashes { HastyTables(it) }
            faults.shouldNotBeEmpty()
        }

        test("who makes a registry and buffers may die before any of its stores, and others go on") {
            var step = 0
            val faults = ArrayList<String>()
            while (true) {
                memory.fill(0)
                val space = SimulatedSpace(memory)
                val steps = Steps(step)
                val isOver = make(space, steps::words)
                if (!make(space, ::FileWords)) faults += "at step $step: the other part got none"
                val registry = RegistryMaking(space).find().shouldNotBeNull()
                var entries = 0
                registry.forEachEntry { words, entry ->
                    entries++
                    if (words.get(entry + RegistryLayout.ENTRY_SIZE) != SIZE) faults += "at step $step: half an entry"
                }
                if (entries < 3) faults += "at step $step: $entries entries"
                if (isOver) break
                step++
            }
            faults.shouldBeEmpty()
            step shouldBeGreaterThan 20
        }
    }

    /** Makes three buffers; false when it dies before. */
    private fun make(space: SimulatedSpace, words: (MemorySegment) -> FileWords): Boolean = try {
        val registry = RegistryMaking(space, wordsOf = words).findOrMake().shouldNotBeNull()
        repeat(3) { registry.makeBuffer(Placement(space, 0, -1, SIZE, 1)).shouldNotBeNull() }
        true
    } catch (_: Killed) {
        false
    }

    private companion object {
        const val SIZE = 16_384L
    }
}

/** Shows a record, and then says how many bytes it has. */
private class HastyTables(private val process: AppendableBytes) : Tables(process, AppendableBytes::damaged) {
    override fun recordsAt(link: Long): TableRecords = object : TableRecords(process, link, AppendableBytes::damaged) {
        override fun reserve(bytes: Long): Long = process.claim(8 + bytes)

        override fun publish(address: Long): Long = super.publish(address).also {
            process.buffer.content.set(address - process.buffer.address, 8)
        }
    }
}
