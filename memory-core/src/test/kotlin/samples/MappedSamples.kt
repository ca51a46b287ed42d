package dev.leasehold.memory.samples

import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Path

internal fun mappedRoots(path: Path): Long {
    MappedMemoryManager.create(path).use { manager ->
        manager.allocate(1024).use { block ->
            block.withSegment { it.setLong(0, 42) }
            manager.roots["answer"] = block // from here on it is in the file, whatever happens to this process
        }
    }
    return MappedMemoryManager.open(path).use { manager ->
        checkNotNull(manager.roots.open("answer")).use { block -> block.withSegment { it.getLong(0) } }
    }
}

internal fun mappedDictionary(path: Path): Long? = MappedMemoryManager.openOrCreate(path).use { manager ->
    val stock = MappedDictionary.open(manager, "stock", MappedCodec.STRING, MappedCodec.LONG)
    stock["apples"] = 12
    stock.compute("apples") { (it ?: 0) - 1 } // one step, also where other processes do the same
    stock["apples"]
}
