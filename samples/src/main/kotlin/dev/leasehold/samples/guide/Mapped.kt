package dev.leasehold.samples.guide

import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Path

/** The guide's snippets on mapped memory. What stands between a region's comments is what docs/guide.md shows. */
internal object Mapped {
    fun kept(path: Path): Long? {
        // region mapped block
        MappedMemoryManager.openOrCreate(path).use { manager ->
            manager.allocate(1024).use { block ->
                block.withSegment { it.setLong(0, 42) }
                manager.roots["answer"] = block // a link: the block stays in the file
            } // closed here, and no longer this process's
        }
        val answer = MappedMemoryManager.open(path).use { manager ->
            manager.roots.open("answer")?.use { block -> block.withSegment { it.getLong(0) } }
        }
        // endregion
        return answer
    }

    fun replaced(manager: MappedMemoryManager): List<String> {
        // region mapped transaction
        manager.allocate(64).use { next ->
            next.withSegment { it.setLong(0, 2) }
            manager.transaction {
                val former = root("current")
                if (!former.isNone) setRoot("previous", former)
                setRoot("current", next)
                setUserWord(0, userWord(0) + 1) // how many there have been
            } // all of it from here on, or nothing if the process dies before
        }
        // endregion
        return manager.roots.names
    }

    fun committed(path: Path): Long? {
        // region mapped commit
        MappedMemoryManager.openOrCreate(path, { durability = MappedDurability.COMMIT }).use { manager ->
            manager.allocate(1024).use { next ->
                next.withSegment { it.setLong(0, 43) } // a new block, not the old one again
                manager.roots["answer"] = next // in the place of the old one
            }
            manager.commit() // on the disk when this returns
        }
        // endregion
        return MappedMemoryManager.open(path).use { manager ->
            manager.roots.open("answer")?.use { block -> block.withSegment { it.getLong(0) } }
        }
    }

    fun counted(manager: MappedMemoryManager): List<Long?> {
        // region mapped dictionary
        val stock = MappedDictionary.open(manager, "stock", MappedCodec.STRING, MappedCodec.LONG)
        stock["apples"] = 12
        stock.compute("apples") { (it ?: 0) - 1 } // one step, also where others do the same
        val length = stock.read("apples") { bytes -> bytes.size } // where it lies, without a copy
        // endregion
        return listOf(stock["apples"], length)
    }
}
