package dev.leasehold.memory.crash

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RingLayout
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.SteppedWords
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import kotlin.random.Random

/** A process dies before each of its stores in turn while it writes to a ring and reads from it. */
class RingCrashSpec : FunSpec({
    test("a ring has what was written and not read after a death at any store, in its order") {
        MappedFiles.withPath { path ->
            val crashes = RingCrashes(path)
            var seed = Effort.seed("crash in a ring")
            while (crashes.faults.isEmpty() && crashes.points < Effort.times(3_000)) crashes.run(seed++)
            println(
                "${crashes.points} crashes, ${crashes.cut} writes cut, ${crashes.again} chunks read again",
            )
            crashes.faults.shouldBeEmpty()
            crashes.cut shouldBeGreaterThan 100
            crashes.again shouldBeGreaterThan 20
        }
    }

    test("a position that is stored before its chunk is found") {
        MappedFiles.withPath { path ->
            val crashes = RingCrashes(path) { file, left, ring -> EarlyPosition(file, left, ring) }
            var seed = Effort.seed("early position")
            while (crashes.faults.isEmpty() && crashes.points < 3_000) crashes.run(seed++)
            crashes.faults.shouldNotBeEmpty()
        }
    }
})

/** Stores the words of a new chunk after the position that makes it one. */
private class EarlyPosition(file: MemorySegment, left: Int, private val ring: Long) : SteppedWords(file, left) {
    private val late = LinkedHashMap<Long, Long>()

    override fun set(offset: Long, value: Long) {
        val isInChunks = offset >= ring + RingLayout.CHUNKS_AT && offset < ring + RingLayout.bytes(RingCrashes.CAPACITY)
        if (isInChunks &&
            (RingLayout.state(value) == RingLayout.CLAIMED || offset % RingLayout.HEADER != ring % RingLayout.HEADER)
        ) {
            late[offset] = value
            return
        }
        super.set(offset, value)
        if (offset == ring + RingLayout.TAIL_AT) {
            late.forEach { (at, word) -> super.set(at, word) }
            late.clear()
        }
    }
}

private class RingCrashes(
    private val path: Path,
    private val words: (MemorySegment, Int, ring: Long) -> FileWords = { file, left, _ -> SteppedWords(file, left) },
) {
    val faults = ArrayList<String>()
    var points = 0
        private set

    /** How many chunks were not whole when their writer died. */
    var cut = 0
        private set

    /** How many chunks were read again after the death of their reader. */
    var again = 0
        private set

    // Numbers of chunks that were written and not read, and what may have been done or not.
    private val unread = ArrayDeque<Long>()
    private var writing: Long? = null
    private var reading: Long? = null
    private var number = 0L

    fun run(seed: Long) {
        MappedFiles.open(path).use { survivor ->
            val ring = MappedRing.open(survivor, "ring", CAPACITY)
            val at = checkNotNull(survivor.placeOf(survivor.roots["ring"])).offset
            var left = 0
            do {
                val random = Random(seed + left)
                // The survivor's share, so that the chunks lie at other places each time.
                repeat(random.nextInt(4)) { write(ring, random) }
                repeat(random.nextInt(2)) { read(ring) }
                val whole = dying(path, left, { file -> words(file, left, at) }) { manager ->
                    val dead = MappedRing.open(manager, "ring", CAPACITY)
                    repeat(12) { if (random.nextBoolean()) write(dead, random) else read(dead) }
                }
                if (points % 3 == 0) dying(path, left * 7 % 40) { it.session.sessions.recoverAll() }
                check(survivor, ring, "seed $seed, store $left")
                points++
                left++
            } while (!whole && faults.isEmpty())
        }
    }

    private fun write(ring: MappedRing, random: Random) {
        val mark = ++number
        writing = mark
        val isWritten = ring.tryWrite(random.nextLong(8, ring.maxChunk + 1)) { segment ->
            for (index in 8 until segment.size) segment.setByte(index, mark.toByte())
            segment.setLong(0, mark)
        }
        if (isWritten) unread.addLast(mark)
        writing = null
    }

    private fun read(ring: MappedRing) {
        val isRead = ring.tryRead { segment -> reading = numberOf(segment) }
        if (isRead && reading != unread.removeFirst()) faults.add("$reading was read, which is not next")
        reading = null
    }

    private fun numberOf(segment: dev.leasehold.memory.Segment): Long {
        val mark = segment.getLong(0)
        for (index in 8 until segment.size) if (segment.getByte(index) != mark.toByte()) faults.add("$mark is torn")
        return mark
    }

    private fun check(survivor: MappedMemoryManager, ring: MappedRing, where: String) {
        MappedFiles.faults(survivor.session).forEach { faults.add("$where: $it") }
        val found = ArrayList<Long>()
        runCatching {
            ring.drain { found.add(numberOf(it)) }
            if (!ring.tryWrite(ring.maxChunk) {} || ring.drain {} != 1) faults.add("$where: no room in an empty ring")
        }.onFailure { faults.add("$where: $it") }
        // What was being read comes again, or its read had been finished but for what was to come after.
        val others = found.filter { it != reading }
        val expected = unread.filter { it != reading }
        val isRight = others == expected || others == expected + listOfNotNull(writing)
        if (!isRight || found.distinct() != found) {
            faults.add("$where: $found, not $unread (writing $writing, reading $reading)")
        }
        if (writing != null && writing !in found) cut++
        if (reading != null && reading in found) again++
        unread.clear()
        writing = null
        reading = null
    }

    companion object {
        const val CAPACITY = 256L
    }
}
