package dev.leasehold.memory.race

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicIntegerArray
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Threads of two sessions, virtual ones among them, write to one ring and read from it. */
class MappedRingRaceSpec : FunSpec({
    test("each chunk is read once, by one reader, in the order of its writer") {
        MappedFiles.withPath { path ->
            val race = RingRace(path, Effort.times(10_000)) { FileWords(it) }
            race.run()
            race.faults.shouldBeEmpty()
        }
    }

    test("a ring whose lock lets two in loses chunks, or has some twice, and this finds it") {
        // On a busy machine two seldom meet: as often as it takes.
        val isFound = (1..ROUNDS).any {
            MappedFiles.withPath { path ->
                val race = RingRace(path, 10_000) { TornWords(it) }
                race.run()
                race.faults.isNotEmpty()
            }
        }
        isFound shouldBe true
    }
}) {
    private companion object {
        const val ROUNDS = 50
    }
}

private class RingRace(path: Path, private val chunks: Int, words: (MemorySegment) -> FileWords) {
    private val managers = List(2) { MappedFiles.open(path) { file -> words(file.bytes) } }
    private val rings = managers.map { MappedRing.open(it, "ring", CAPACITY) }
    private val reads = List(WRITERS) { AtomicIntegerArray(chunks) }
    private val left = AtomicInteger(WRITERS * chunks)
    private val writing = AtomicInteger(WRITERS)
    val faults = ConcurrentLinkedQueue<String>()

    fun run() {
        together(WRITERS + READERS, { it % 3 == 2 }) { worker ->
            val ring = rings[worker % 2]
            val result = runCatching { if (worker < WRITERS) write(ring, worker) else read(ring) }
            if (worker < WRITERS) writing.decrementAndGet()
            result.onFailure { faults.add("$it") }
        }
        for (writer in 0 until WRITERS) {
            for (chunk in 0 until chunks) {
                val count = reads[writer].get(chunk)
                if (count != 1) faults.add("chunk $chunk of writer $writer was read $count times")
            }
        }
        managers.forEach(MappedMemoryManager::close)
    }

    private fun write(ring: MappedRing, writer: Int) {
        val random = Random(writer)
        for (chunk in 0 until chunks) {
            var refusals = 0
            while (!ring.tryWrite(random.nextLong(16, 100), 100.milliseconds) {
                    it.setLong(0, writer.toLong())
                    it.setLong(8, chunk.toLong())
                }
            ) {
                // A broken ring may also never have room again.
                if (faults.isNotEmpty()) return
                if (++refusals > MOST_REFUSALS) error("no room")
            }
        }
    }

    private fun read(ring: MappedRing) {
        val last = IntArray(WRITERS) { -1 }
        while (left.get() > 0) {
            val isRead = ring.tryRead(100.milliseconds) { segment ->
                val writer = segment.getLong(0).toInt()
                val chunk = segment.getLong(8).toInt()
                if (chunk <= last[writer]) faults.add("chunk $chunk of writer $writer came after ${last[writer]}")
                last[writer] = chunk
                reads[writer].incrementAndGet(chunk)
                left.decrementAndGet()
            }
            // What a broken ring has lost will not come.
            if (!isRead && (writing.get() == 0 || faults.isNotEmpty())) return
        }
    }

    private companion object {
        const val CAPACITY = 2048L
        const val WRITERS = 3
        const val READERS = 3
        const val MOST_REFUSALS = 100
    }
}
