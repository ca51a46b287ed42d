package dev.leasehold.samples.guide

import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

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

    fun locked(manager: MappedMemoryManager): Long {
        fun repair() = manager.setUserWord(1, manager.userWord(2))

        fun change() {
            manager.setUserWord(1, manager.userWord(1) + 1)
            manager.setUserWord(2, manager.userWord(1))
        }

        fun look() = manager.userWord(2)
        // region mapped lock
        val lock = MappedLock.open(manager, "orders")
        lock.withExclusive(5.seconds) {
            if (lock.isAbandoned) { // a process died in here, so what it changed may be half-done
                repair()
                lock.clearAbandoned()
            }
            change()
        }
        val seen = lock.withShared { look() } // with any number of other readers
        // endregion
        return seen
    }

    fun awaited(lock: MappedLock, isThere: () -> Boolean) {
        // region mapped condition
        val arrived = lock.condition()
        lock.withExclusive {
            while (!isThere()) arrived.await() // gives the lock back meanwhile
        }
        // endregion
    }

    fun sent(manager: MappedMemoryManager): Long {
        // region mapped ring
        val ring = MappedRing.open(manager, "events", 1.MiB)
        ring.write(8) { it.setLong(0, 42) } // waits for room
        var sum = 0L
        ring.drain { chunk -> sum += chunk.getLong(0) } // what is there now; read waits for the next
        // endregion
        return sum
    }
}
