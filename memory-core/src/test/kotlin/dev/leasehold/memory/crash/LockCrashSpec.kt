package dev.leasehold.memory.crash

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.LockLayout
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A process dies before each of its stores in turn while it uses a lock: those that live go on, and know it. */
class LockCrashSpec : FunSpec({
    test("a lock is free after a death at any store, and abandoned where what it protects is half-changed") {
        MappedFiles.withPath { path ->
            val crashes = LockCrashes(path)
            crashes.run()
            crashes.faults.shouldBeEmpty()
            crashes.points shouldBeGreaterThan 40
            crashes.torn shouldBeGreaterThan 3
        }
    }

    test("a lock that is freed without a mark is found") {
        MappedFiles.withPath { path ->
            val crashes = LockCrashes(path) { Forgetful(it) }
            crashes.run()
            crashes.faults.shouldNotBeEmpty()
        }
    }

    test("who dies as it waits, at any store, takes no signal from those that live") {
        MappedFiles.withPath { path ->
            MappedFiles.open(path).use { living ->
                val lock = MappedLock.open(living, "lock")
                var left = 0
                do {
                    val whole = dying(path, left++) { manager ->
                        val dead = MappedLock.open(manager, "lock")
                        dead.withExclusive { dead.condition().await(2.milliseconds) }
                    }
                    val waiter = awaiting(lock)
                    lock.withExclusive { lock.condition().signal() }
                    waiter.ended().shouldBeTrue()
                } while (!whole)
                left shouldBeGreaterThan 10
            }
        }
    }

    test("who dies as it signals, at any store, keeps no one from hearing the next signal") {
        MappedFiles.withPath { path ->
            MappedFiles.open(path).use { living ->
                val lock = MappedLock.open(living, "lock")
                var left = 0
                do {
                    val waiter = awaiting(lock) { living.userWord(3) != 0L }
                    val whole = dying(path, left++) { manager ->
                        val dead = MappedLock.open(manager, "lock")
                        dead.withExclusive {
                            manager.setUserWord(3, 1)
                            dead.condition().signalAll()
                        }
                    }
                    lock.withExclusive {
                        if (lock.isAbandoned || living.userWord(3) == 0L) {
                            living.setUserWord(3, 1)
                            lock.condition().signal()
                            lock.clearAbandoned()
                        }
                    }
                    waiter.ended().shouldBeTrue()
                    living.setUserWord(3, 0)
                } while (!whole)
                left shouldBeGreaterThan 10
            }
        }
    }
})

/** Frees the lock of a dead owner, and leaves no mark. */
private class Forgetful(file: MappedFile) : FileWords(file.bytes) {
    override fun compareAndSet(offset: Long, seen: Long, next: Long) =
        super.compareAndSet(offset, seen, if (next == LockLayout.ABANDONED) 0 else next)
}

private fun Thread.ended(): Boolean {
    join(20_000)
    return !isAlive
}

/** A thread that waits for a signal, until [isDone]. */
private fun awaiting(lock: MappedLock, isDone: (() -> Boolean)? = null): Thread {
    val waits = CountDownLatch(1)
    val thread = thread(isDaemon = true) {
        lock.withExclusive {
            waits.countDown()
            if (isDone == null) lock.condition().await()
            while (isDone != null && !isDone()) lock.condition().await()
        }
    }
    waits.await()
    return thread
}

/** Dies before each store of a process that changes two words under a lock, and shares it. */
private class LockCrashes(
    private val path: Path,
    private val wordsOf: (MappedFile) -> FileWords = { FileWords(it.bytes) },
) {
    val faults = ArrayList<String>()
    var points = 0
        private set

    /** How often the two words were found different. */
    var torn = 0
        private set

    fun run() {
        MappedFiles.open(path, wordsOf = wordsOf).use { manager ->
            do {
                val whole = dying(path, points, action = ::work)
                // One that meets what the dead one left, and dies at that.
                if (points % 3 == 0) dying(path, points * 7 % 40, action = ::work)
                check(manager)
                points++
            } while (!whole && faults.isEmpty())
        }
    }

    private fun work(manager: MappedMemoryManager) {
        val lock = MappedLock.open(manager, "lock")
        repeat(3) {
            lock.withExclusive {
                manager.setUserWord(0, manager.userWord(0) + 1)
                manager.setUserWord(1, manager.userWord(0))
                lock.clearAbandoned()
            }
            lock.withShared {}
            lock.tryLockShared()
            lock.tryLock()
            lock.unlockShared()
        }
    }

    private fun check(manager: MappedMemoryManager) {
        val where = "store $points"
        val lock = MappedLock.open(manager, "lock")
        if (!lock.tryLockShared(10.seconds)) faults.add("$where: it cannot be shared") else lock.unlockShared()
        if (!lock.tryLock(10.seconds)) {
            faults.add("$where: it is not free")
            return
        }
        val isTorn = manager.userWord(0) != manager.userWord(1)
        if (isTorn) torn++
        if (isTorn && !lock.isAbandoned) faults.add("$where: torn, and not abandoned")
        manager.setUserWord(1, manager.userWord(0))
        lock.clearAbandoned()
        lock.unlock()
        MappedFiles.faults(manager.session).forEach { faults.add("$where: $it") }
    }
}
