package dev.leasehold.memory.race

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

/** Threads of two sessions, virtual ones among them, under one lock: no one is where another is exclusively. */
class MappedLockRaceSpec : FunSpec({
    test("one thread at a time has a lock exclusively, and none shares it meanwhile") {
        MappedFiles.withPath { path ->
            val race = LockRace(path, Effort.times(20_000)) { FileWords(it) }
            race.run()
            race.faults.get() shouldBe 0
            race.changes shouldBeGreaterThan 10_000
        }
    }

    test("a lock whose compare-and-set is none lets two in, and this finds it") {
        MappedFiles.withPath { path ->
            val race = LockRace(path, 20_000) { TornWords(it) }
            race.run()
            race.faults.get() shouldBeGreaterThan 0
        }
    }
})

/** Looks and stores, with others in between. */
internal class TornWords(file: MemorySegment) : FileWords(file) {
    override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
        if (get(offset) != seen) return false
        Thread.yield()
        set(offset, next)
        return true
    }
}

private class LockRace(path: Path, private val rounds: Int, words: (MemorySegment) -> FileWords) {
    private val managers = List(2) { MappedFiles.open(path) { file -> words(file.bytes) } }
    private val locks = managers.map { MappedLock.open(it, "lock") }
    val faults = AtomicInteger()
    var changes = 0L
        private set

    fun run() {
        together(WORKERS, { it == WORKERS - 1 }) { worker ->
            val random = Random(worker)
            repeat(rounds) { if (faults.get() == 0) step(managers[worker % 2], locks[worker % 2], random) }
        }
        changes = managers[0].userWord(0)
        managers.forEach(MappedMemoryManager::close)
    }

    private fun step(manager: MappedMemoryManager, lock: MappedLock, random: Random) {
        // A lock that is broken may also be found not to be one's own, or never become free.
        val result = runCatching {
            when (random.nextInt(8)) {
                in 0..2 -> lock.withExclusive(MOST_SECONDS.seconds) { change(manager) }
                3 -> if (lock.tryLock()) lock.exclusively { change(manager) }
                4 -> if (lock.tryLock(random.nextInt(1, 100_000).nanoseconds)) lock.exclusively { change(manager) }
                5 -> if (lock.tryLockShared()) lock.shared { look(manager) }
                else -> lock.withShared(MOST_SECONDS.seconds) { look(manager) }
            }
        }
        if (result.isFailure) faults.incrementAndGet()
    }

    private inline fun MappedLock.exclusively(action: () -> Unit) = try {
        action()
    } finally {
        unlock()
    }

    private inline fun MappedLock.shared(action: () -> Unit) = try {
        action()
    } finally {
        unlockShared()
    }

    private fun change(manager: MappedMemoryManager) {
        val next = manager.userWord(0) + 1
        manager.setUserWord(0, next)
        manager.setUserWord(1, manager.userWord(1) + 1)
        if (manager.userWord(1) != next) faults.incrementAndGet()
    }

    private fun look(manager: MappedMemoryManager) {
        if (manager.userWord(0) != manager.userWord(1)) faults.incrementAndGet()
    }

    private companion object {
        const val WORKERS = 5
        const val MOST_SECONDS = 5
    }
}
