package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.channels.FileChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption.WRITE
import kotlin.system.exitProcess

/** Someone cuts a file off that is mapped. Its manager refuses everything from then on, and the process lives. */
class MappedFileTruncationSpec : FunSpec({
    val ways = listOf(
        Triple("interpreted", listOf("-Xint"), 50),
        Triple("compiled by C1", listOf("-XX:TieredStopAtLevel=1"), 5_000),
        Triple("compiled by C2", listOf("-XX:-TieredCompilation"), 10_000),
        Triple("compiled in tiers", listOf("-XX:+TieredCompilation"), 10_000),
    )
    for ((way, options, warmUp) in ways) {
        test("a file that is cut off is refused, and nobody dies, when the code is $way") {
            val all = options + ChildJvm.NATIVE_ACCESS + "-Xmx128m" + "-XX:+UseSerialGC"
            val child = ChildJvm.run(TruncationMain::class, all, "$warmUp")
            child.output shouldContain "VERDICT: all refused"
            child.exitCode shouldBe 0
        }
    }
})

/** What a manager can do, each in a file that is whole at first. */
internal class TruncationCase(private val path: Path, private val name: String, private val action: Uses.() -> Unit) {
    /** A manager of a file, and what it has lent. */
    class Uses(path: Path) {
        val manager: MappedMemoryManager = MappedFiles.open(path, {
            size = 4.MiB
            growth = 0
        })
        val held: MutableList<Block> = MutableList(ROUNDS + 1) { manager.allocate(100L + it) }
        val large: MutableList<Block> = MutableList(ROUNDS + 1) { manager.allocate(40_000) }
        val root: Block = manager.allocate(100).also { manager.roots["root"] = it }
        val ref = manager.roots["root"]
        val lock: MappedLock = MappedLock.open(manager, "lock")
        val ring: MappedRing = MappedRing.open(manager, "ring", 4096)
    }

    /** Runs [action] again and again, with the file cut to [length] bytes before; returns what went wrong. */
    fun run(warmUp: Int, length: Long): List<String> {
        MappedMemoryManager.delete(path)
        val uses = Uses(path)
        repeat(warmUp) { warmUp(uses) }
        FileChannel.open(path, WRITE).use { it.truncate(length) }
        // Where tables are left, not every action needs what is gone; this does.
        val first = outcome { if (length <= HEADERS) uses.action() else uses.manager.allocate(1_000_000).close() }
        val faults = ArrayList<String>()
        if (first !is MappedFileTruncatedException) faults.add("first: $first")
        repeat(ROUNDS) { round ->
            val failure = outcome { uses.action() }
            if (failure !is MappedFileTruncatedException) {
                faults.add("round $round: $failure ${failure?.stackTrace?.take(9)}")
            } else if (failure.actual != length || failure.expected <= length) {
                faults.add("round $round: ${failure.message}")
            }
        }
        val end = outcome { uses.manager.close() }
        if (end !is OutstandingBlocksException) faults.add("close: $end")
        return faults.map { "$name, cut to $length: $it" }
    }

    private fun warmUp(uses: Uses) = with(uses) {
        manager.allocate(100).use { manager.roots["other"] = it }
        manager.find(ref)?.close()
        manager.setUserWord(1, manager.userWord(1) + 1)
        manager.roots.remove("other")
        lock.withExclusive {}
        lock.withShared {}
        ring.tryWrite(8) { it.setLong(0, 1) }
        ring.tryRead { it.getLong(0) }
    }

    private fun outcome(action: () -> Unit): Throwable? = runCatching(action).exceptionOrNull()

    companion object {
        const val ROUNDS = 5

        /** Up to this length, nothing is left but headers. */
        const val HEADERS = 8_192L
    }
}

/** Cuts files off under all uses, to several lengths. */
internal object TruncationMain {
    private val uses = mapOf<String, TruncationCase.Uses.() -> Unit>(
        "allocate" to { manager.allocate(100) },
        "allocate a large block" to { manager.allocate(50_000) },
        "allocate pages" to { manager.allocatePages(2) },
        "free" to { held.removeLast().close() },
        "free a large block" to { large.removeLast().close() },
        "find" to { manager.find(ref) },
        "get a root" to { manager.roots["root"] },
        "open a root" to { manager.roots.open("root") },
        "set a root" to { manager.roots["third"] = root },
        "remove a root" to { manager.roots.remove("root") },
        "list roots" to { manager.roots.names },
        "read a user word" to { manager.userWord(3) },
        "set a user word" to { manager.setUserWord(3, 3) },
        "transact" to { manager.transaction { setUserWord(5, 6) } },
        "resize a large block" to { large.last().resize(large.last().size + 200_000) },
        "trim" to { manager.trim() },
        "lock" to { lock.withExclusive {} },
        "share a lock" to { lock.withShared {} },
        "try a lock" to { if (lock.tryLock()) lock.unlock() },
        "write a chunk" to { ring.tryWrite(8) { it.setLong(0, 1) } },
        "read a chunk" to { ring.tryRead { it.getLong(0) } },
        "compact" to { manager.compact() },
    )

    @JvmStatic
    fun main(args: Array<String>) {
        val faults = MappedFiles().use { files ->
            uses.flatMap { (name, action) ->
                val case = TruncationCase(files.path("file"), name, action)
                LENGTHS.flatMap { case.run(args[0].toInt(), it) }
            }
        }
        faults.forEach(::println)
        println(if (faults.isEmpty()) "VERDICT: all refused" else "VERDICT: ${faults.size} faults")
        exitProcess(if (faults.isEmpty()) 0 else 1)
    }

    // Nothing is left; the headers; the tables in part; all tables and a few spans.
    private val LENGTHS = longArrayOf(0, TruncationCase.HEADERS, 20_480, 500_000).asList()
}
