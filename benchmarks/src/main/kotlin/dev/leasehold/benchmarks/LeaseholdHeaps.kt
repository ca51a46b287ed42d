package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Files
import java.nio.file.Path

/** A manager of its own; the bytes are reached as its documentation recommends, in a scope of this thread. */
public abstract class ManagedHeap(private val manager: MemoryManager) : Heap<Block>() {
    override fun allocate(size: Int): Block = manager.allocate(size.toLong())

    override fun writeAndRead(block: Block, value: Int): Int = block.writeAndRead(value)

    override fun free(block: Block): Unit = block.close()

    override fun shutDown(): Unit = manager.close()
}

/** The manager as it comes. */
public open class Leasehold : ManagedHeap(SystemMemoryManager("bench"))

/** The same, through the view that any thread may keep: its bytes wait in quarantine when the block is closed. */
public open class LeaseholdShared : ManagedHeap(SystemMemoryManager("bench")) {
    override fun writeAndRead(block: Block, value: Int): Int = block.keptSegment.writeAndRead(value)
}

/** A manager over a file. */
public open class LeaseholdMapped private constructor(internal val path: Path) :
    ManagedHeap(MappedMemoryManager.create(path) { maxSize = 4.GiB }) {
    public constructor() : this(Files.createTempDirectory("bench").resolve("file"))

    override fun shutDown() {
        super.shutDown()
        MappedMemoryManager.delete(path)
        Files.delete(path.parent)
    }
}

/** The manager at the bottom of a tree of budgets, each with a limit that is far away. */
public open class LeaseholdBudgeted private constructor(private val path: List<MemoryBudget>) :
    ManagedHeap(SystemMemoryManager("bench") { budget = path.last() }) {
    public constructor() : this(threeLevels())

    override fun shutDown() {
        super.shutDown()
        path.asReversed().forEach(MemoryBudget::close)
    }

    private companion object {
        const val FAR = 8L shl 30

        fun threeLevels(): List<MemoryBudget> {
            val app = MemoryBudget("app", FAR)
            val ingest = MemoryBudget("ingest", FAR, app)
            return listOf(app, ingest, MemoryBudget("sockets", FAR, ingest))
        }
    }
}
