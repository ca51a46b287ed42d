package dev.leasehold.memory.samples

import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds

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

internal fun mappedLock(path: Path): Long = MappedMemoryManager.openOrCreate(path).use { manager ->
    val lock = MappedLock.open(manager, "orders")
    lock.withExclusive(5.seconds) {
        if (lock.isAbandoned) {
            // A process died in the middle of a change: what was last finished counts.
            manager.setUserWord(1, manager.userWord(0))
            lock.clearAbandoned()
        }
        manager.setUserWord(1, manager.userWord(1) + 1)
        manager.setUserWord(0, manager.userWord(1))
    }
    lock.withShared { manager.userWord(0) } // with any number of other readers
}

internal fun mappedCondition(path: Path): Long = MappedMemoryManager.openOrCreate(path).use { manager ->
    val lock = MappedLock.open(manager, "orders")
    val arrived = lock.condition()
    // In a program of its own, usually.
    val sender = thread {
        lock.withExclusive {
            manager.setUserWord(2, 42)
            arrived.signal()
        }
    }
    lock.withExclusive { while (manager.userWord(2) == 0L) arrived.await() }
    sender.join()
    manager.userWord(2)
}

internal fun mappedRing(path: Path): Long = MappedMemoryManager.openOrCreate(path).use { manager ->
    val ring = MappedRing.open(manager, "events", 4096)
    ring.write(8) { it.setLong(0, 42) } // in the file from here on
    var sum = 0L
    ring.drain { sum += it.getLong(0) } // by any process
    sum
}
