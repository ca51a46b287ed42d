package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.MappedFiles
import java.util.concurrent.CopyOnWriteArrayList

/** What an application does with the library before it is undeployed, when it does all that it should. */
internal object TidyMain {
    @JvmStatic
    fun run(): LongArray {
        val pool = MemoryPool.isolated("deployed") { traceSites = true }
        // Many enough for the epochs to retire in the background.
        repeat(20_000) { pool.rentShared(1024).use { lease -> lease.withSegment { it.setByte(0, 1) } } }
        repeat(200) { pool.rentShared(1024).use { lease -> lease.keptSegment.setByte(0, 1) } }
        pool.rent(1.MiB).use { lease -> lease.segment.setByte(0, 1) }
        pool.close()
        val manager = SystemMemoryManager("deployed")
        manager.allocate(1024).use { block -> block.withSegment { it.setByte(0, 1) } }
        manager.clear()
        manager.close()
        MemoryPool.shared().rent(100).close()
        return LongArray(0)
    }
}

/** What [UntidyMain] still has in its hands at its end. */
internal object Left {
    val all = CopyOnWriteArrayList<Any>()
}

/** An application that closes nothing, and forgets the half of it; the addresses of what it has written 1 to. */
internal object UntidyMain {
    @JvmStatic
    fun run(): LongArray {
        val budget = MemoryBudget("deployed")
        budget.onSoftLimit(64.KiB) { _, used -> Left.all += used }
        val pool = MemoryPool.isolated("deployed") {
            traceSites = true
            this.budget = budget
        }
        pool.rent(300).segment.setByte(0, 1)
        Left.all += pool
        Left.all += pool.rent(100).also { it.segment.setByte(0, 1) }
        MemoryPool.isolated("deployed, forgotten") { this.budget = budget }.rentShared(100).keptSegment.setByte(0, 1)
        Left.all += MemoryPool.fixed("deployed, fixed", 64, 100).rentShared(10)
        Left.all += MemoryPool.shared().rentShared(100)
        val cleared = SystemMemoryManager("deployed, cleared")
        Left.all += cleared
        Left.all += cleared.allocate(2.MiB)
        cleared.clear()
        MappedFiles.withPath { Left.all += MappedMemoryManager.create(it).allocate(100) }
        Left.all += PermanentMemory.obtainPrivate(100).also { it.append(ByteArray(10)) }
        val manager = SystemMemoryManager("deployed") { this.budget = budget }
        Left.all += manager
        val blocks: List<Block> = listOf(manager.allocate(3.MiB), manager.allocate(5000))
        Left.all.addAll(blocks)
        return blocks.map { block ->
            block.withSegment { bytes: Segment ->
                bytes.setByte(0, 1)
                bytes.asMemorySegment().address()
            }
        }.toLongArray()
    }
}
