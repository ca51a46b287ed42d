package dev.leasehold.memory.samples

import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager

internal fun countedBlock(manager: MemoryManager): Long {
    val block = manager.allocate(1024) // one reference: yours
    block.retain() // a second one: the writer's
    val writer = Thread.ofVirtual().start {
        block.use { it.withSegment { bytes -> bytes.setLong(0, 42) } } // gives the writer's back
    }
    writer.join()
    return block.use { it.withSegment { bytes -> bytes.getLong(0) } } // gives yours back: the memory is free again
}

internal fun growingBuffer(manager: MemoryManager, values: LongArray): Long {
    var buffer = manager.allocate(64)
    try {
        values.forEachIndexed { index, value ->
            val end = (index + 1L) * Long.SIZE_BYTES
            if (end > buffer.size) buffer = buffer.resize(2 * buffer.size) // go on with the result
            buffer.withSegment { it.setLong(end - Long.SIZE_BYTES, value) }
        }
        return buffer.size
    } finally {
        buffer.close()
    }
}

internal fun managerUnderABudget(report: (String) -> Unit) {
    MemoryBudget("search", limit = 64.MiB).use { search ->
        SystemMemoryManager("index") { budget = search }.use { index ->
            index.allocate(4.KiB).use { page -> page.withSegment { it.zero() } }
            report(search.toTree())
        }
    }
}

internal fun damagedBlock(overrun: (address: Long, bytes: Long) -> Unit): Long {
    SystemMemoryManager("images") { checked = true }.use { images ->
        val image = images.allocate(100)
        overrun(image.address, 101) // native code that writes one byte too many
        return try {
            image.close()
            -1
        } catch (damage: GuardBytesException) {
            damage.offset
        }
    }
}
