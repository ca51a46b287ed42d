package dev.leasehold.memory.crash

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.Effort
import java.nio.file.Path
import java.util.UUID
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.random.Random

/** Does with damaged files what programs do, and keeps what goes wrong in [faults]. */
internal class Fuzzing(private var path: Path) : AutoCloseable {
    /** What went wrong, by where it did. */
    val faults = LinkedHashMap<String, String>()

    /** How many files an operation refused. */
    var refused = 0
        private set

    @Volatile
    private var worker = Thread.currentThread()
    private var executor = newExecutor()

    private fun newExecutor() = Executors.newSingleThreadExecutor { task ->
        Thread(task, "fuzzing").apply { isDaemon = true }.also { worker = it }
    }

    override fun close() {
        executor.shutdown()
    }

    /** Damages [original] and uses it; [seed] names the input in what is reported. */
    fun run(original: FuzzedFile, random: Random, seed: Long) {
        val changes = original.writeDamaged(path, random)
        val task = executor.submit { use(path, random) }
        try {
            task.get(Effort.seconds(MOST_SECONDS), TimeUnit.SECONDS)
        } catch (failure: ExecutionException) {
            fault(checkNotNull(failure.cause), changes, seed)
        } catch (_: TimeoutException) {
            val hang = Error("it hangs").apply { stackTrace = worker.stackTrace }
            fault(hang, changes, seed)
            // The thread that hangs goes on, with its file.
            path = path.resolveSibling("damaged $seed")
            executor = newExecutor()
        }
    }

    private fun fault(failure: Throwable, changes: List<String>, seed: Long) {
        val where = failure.stackTrace.filter { "leasehold" in it.className }.take(3).joinToString()
        faults.getOrPut("${failure.javaClass} $where") {
            "input $seed, $changes:\n${failure.stackTraceToString().lines().take(20).joinToString("\n")}"
        }
    }

    private fun use(path: Path, random: Random) {
        val refusals = listOf(
            refusal { MappedMemory.verify(path) },
            refusal { MappedMemoryManager.openReadOnly(path).use(::readAll) },
            refusal { open(path, if (random.nextBoolean()) Platform.current else Restarted) { work(it, random) } },
            refusal { open(path, Platform.current) { work(it, random) } },
        )
        if (refusals.any { it }) refused++
    }

    private inline fun refusal(action: () -> Unit): Boolean = try {
        action()
        false
    } catch (_: MemoryException) {
        true
    }

    private fun open(path: Path, platform: Platform, action: (MappedMemoryManager) -> Unit) {
        val options = MappedOptions().apply {
            growth = 64.KiB
            limit = 16.MiB
        }
        val manager = MappedMemoryManager.make(path, options, { open(it.growth) }, FileOpening(path, platform))
        try {
            action(manager)
            manager.close()
        } finally {
            // What could not be closed, as the file is damaged, is let go of as if the process had died.
            if (manager.session.isOpen) MappedFiles.kill(manager.session)
        }
    }

    private fun readAll(manager: MappedMemoryManager) {
        for (name in manager.roots.names) refusal { manager.roots.open(name)?.use(::readWhole) }
    }

    private fun readWhole(block: Block) {
        check(block.size in 0..16.MiB) { "a block has ${block.size} bytes" }
        block.withSegment { segment ->
            var sum = 0L
            for (at in 0 until block.size) sum += segment.getByte(at)
            sum
        }
    }

    private fun work(manager: MappedMemoryManager, random: Random) {
        readAll(manager)
        val blocks = ArrayList<Pair<Block, Byte>>()
        try {
            repeat(OPERATIONS) { number ->
                when (random.nextInt(6)) {
                    0, 1, 2 -> blocks.add(written(manager, random, number.toByte()))

                    3 -> blocks.removeLastOrNull()?.let { (block, mark) -> block.use { requireMark(it, mark) } }

                    4 -> blocks.randomOrNull(random)?.let { (block) ->
                        manager.roots["root ${random.nextInt(5)}"] = block
                    }

                    else -> manager.roots.names.randomOrNull(random)?.let(manager.roots::remove)
                }
            }
            for ((block, mark) in blocks) requireMark(block, mark)
        } finally {
            for ((block) in blocks) block.close()
        }
        manager.trim()
        manager.compact()
    }

    private fun written(manager: MappedMemoryManager, random: Random, mark: Byte): Pair<Block, Byte> {
        val block = manager.allocate(SIZES.random(random))
        block.withSegment { for (at in 0 until block.size) it.setByte(at, mark) }
        return block to mark
    }

    private fun requireMark(block: Block, mark: Byte) = block.withSegment { segment ->
        for (at in 0 until block.size) check(segment.getByte(at) == mark) { "two blocks have the same bytes" }
    }

    /** The system after another start. */
    private object Restarted : Platform by Platform.current {
        override val bootId: UUID = UUID(1, 2)
    }

    private companion object {
        const val OPERATIONS = 24
        const val MOST_SECONDS = 60L
        val SIZES = listOf<Long>(8, 16, 100, 1000, 4096, 5000, 20_000, 70_000)
    }
}
