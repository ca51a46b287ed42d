package dev.leasehold.memory.crash

import dev.leasehold.memory.Block
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RedoLog
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.Killed
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.SteppedWords
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import java.nio.file.Path

/**
 * A process dies before each of its stores into the file in turn, in this one virtual machine; and in every third case
 * the one that recovers it dies, too. The file then has what was finished, and all or nothing of the rest.
 */
class CrashAtEveryStoreSpec : FunSpec({
    test("a process may die before any of its stores") {
        val crashes = Crashes(operations = 25)
        MappedFiles.withPath { path ->
            var seed = Effort.seed("crash at every store")
            while (crashes.faults.isEmpty() && crashes.points < Effort.times(5_000)) crashes.run(path, seed++)
        }
        println("${crashes.points} crashes, ${crashes.inRecovery} of them again inside of the recovery")
        crashes.faults.shouldBeEmpty()
        crashes.points shouldBeGreaterThanOrEqual 5_000
        crashes.inRecovery shouldBeGreaterThanOrEqual 500
    }

    test("a linked large block that changes its size has the one from before or the one after") {
        val crashes = Crashes(operations = 0)
        val sizes = listOf<Long>(100_000, 250_000, 120_000, 126_970, 70_000, 126_976, 1)
        MappedFiles.withPath { path -> crashes.resize(path, sizes) }
        crashes.faults.shouldBeEmpty()
        crashes.points shouldBeGreaterThanOrEqual 50
    }

    test("a process may die before any store into a map, also while a part of it is split") {
        val crashes = Crashes(operations = 8, ::MapCrashScript)
        MappedFiles.withPath { path ->
            var seed = Effort.seed("crash in a map")
            while (crashes.faults.isEmpty() && crashes.points < Effort.times(1_000)) crashes.run(path, seed++)
        }
        crashes.faults.shouldBeEmpty()
        crashes.points shouldBeGreaterThanOrEqual 1_000
    }

    test("a process may die before any store into a file with commits, in a commit and as a journal is replaced, too") {
        for (work in listOf(::CrashScript, ::MapCrashScript)) {
            val crashes = Crashes(operations = 12, work, kind = MappedDurability.COMMIT)
            MappedFiles.withPath { path ->
                var seed = Effort.seed("crash in a file with commits")
                while (crashes.faults.isEmpty() && crashes.points < Effort.times(800)) crashes.run(path, seed++)
            }
            crashes.faults.shouldBeEmpty()
            crashes.points shouldBeGreaterThanOrEqual 800
        }
    }

    test("without the log, changes of several words are cut in the middle, and this finds it") {
        val crashes = Crashes(operations = 25, newLog = ::MissingLog)
        MappedFiles.withPath { path ->
            var seed = Effort.seed("crash without a log")
            while (crashes.faults.isEmpty() && crashes.points < Effort.times(5_000)) crashes.run(path, seed++)
        }
        crashes.faults.shouldNotBeEmpty()
    }
})

/** Makes each change by itself. */
private class MissingLog(words: FileWords, lane: Long) : RedoLog(words, lane) {
    override fun add(offset: Long, value: Long) = words.set(offset, value)

    override fun commit() = Unit
}

/** Plays processes that die. */
internal class Crashes(
    private val operations: Int,
    private val newWork: () -> CrashedWork = ::CrashScript,
    private val newLog: (FileWords, Long) -> RedoLog = ::RedoLog,
    private val kind: MappedDurability = MappedDurability.PROCESS,
) {
    var points = 0
        private set
    var inRecovery = 0
        private set
    val faults = ArrayList<String>()

    /** Dies before each store of one script in turn, always in the same file. */
    fun run(path: Path, seed: Long) {
        val script = newWork()
        MappedMemoryManager.delete(path)
        recover(path) { faults.addAll(script.check(it)) }
        var left = 0
        while (faults.isEmpty()) {
            val whole = runUntil(path, left) { script.run(it, seed + left, operations) }
            points++
            MappedMemory.verify(path).faults.forEach { faults.add("not recovered, seed $seed, store $left: $it") }
            if (left % 3 == 0 && !runUntil(path, left * 7 % 40) { it.session.sessions.recoverAll() }) inRecovery++
            recover(path) { manager -> check(manager, script, "seed $seed, store $left") }
            if (whole) return
            left++
        }
    }

    /** Dies before each store of giving a linked block [sizes], one after the other. */
    fun resize(path: Path, sizes: List<Long>) {
        var left = 0
        do {
            MappedMemoryManager.delete(path)
            MappedFiles.open(path).close()
            // Where a change is under way, up to which of the sizes.
            var reached = -1
            val whole = runUntil(path, left) { manager ->
                var block = manager.allocate(sizes[0]).also(::fill)
                manager.roots["root"] = block
                for (step in sizes.indices) {
                    reached = step
                    block = block.resize(sizes[step]).also(::fill)
                }
                block.close()
            }
            recover(path) { manager ->
                MappedFiles.faults(manager.session).forEach { faults.add("store $left: $it") }
                val size = manager.roots.open("root")?.use { block ->
                    // What a growth has added may not have been filled yet.
                    val before = if (reached > 0) sizes[reached - 1] else sizes[0]
                    if (!isFilled(block, minOf(block.size, before))) faults.add("store $left: other bytes")
                    block.size
                }
                val expected =
                    if (reached < 0) listOf(null, sizes[0]) else listOf(sizes[maxOf(0, reached - 1)], sizes[reached])
                if (size !in expected) faults.add("store $left: $size bytes, not $expected")
            }
            points++
            left++
        } while (!whole)
    }

    private fun fill(block: Block): Unit = block.withSegment { segment ->
        for (at in 0 until block.size) segment.setByte(at, (at * 31).toByte())
    }

    private fun isFilled(block: Block, size: Long): Boolean =
        block.withSegment { segment -> (0 until size).all { segment.getByte(it) == (it * 31).toByte() } }

    /** Runs [action] in the file, but no more than [left] stores of it; whether it came to its end. */
    private fun runUntil(path: Path, left: Int, action: (MappedMemoryManager) -> Unit): Boolean {
        var manager: MappedMemoryManager? = null
        try {
            manager = MappedFiles.open(path, { durability = kind }, newLog) { file -> SteppedWords(file.bytes, left) }
            action(manager)
            return true
        } catch (_: Killed) {
            return false
        } finally {
            manager?.let { MappedFiles.kill(it.session) }
        }
    }

    private fun recover(path: Path, action: (MappedMemoryManager) -> Unit) {
        val manager = MappedFiles.open(path, { durability = kind })
        try {
            manager.session.sessions.recoverAll()
            action(manager)
        } finally {
            manager.close()
        }
    }

    private fun check(manager: MappedMemoryManager, script: CrashedWork, where: String) {
        val session = manager.session
        val verification = Verification(session.words, session.layout)
        for (fault in verification.run()) faults.add("$where: ${fault.offset}: ${fault.what}")
        for (fault in script.check(manager)) faults.add("$where: $fault")
        val figures = verification.figures
        val expected = figures.roots + figures.inDictionaries
        if (figures.linked != expected) faults.add("$where: ${figures.linked} blocks are linked, and not $expected")
    }
}
