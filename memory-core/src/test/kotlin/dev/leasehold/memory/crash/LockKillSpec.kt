package dev.leasehold.memory.crash

import dev.leasehold.memory.mapped.MappedCondition
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.WorkerProcess
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThan
import java.nio.file.Path
import kotlin.random.Random
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Processes change two words of a file under a lock, and are killed while they do; others go on. */
class LockKillSpec : FunSpec({
    test("processes that are killed in a lock leave it free and marked, and the others go on") {
        MappedFiles().use { files ->
            val loop = LockKills(files.path("file"), Effort.seed("lock kills"), isLocking = true)
            loop.run(Effort.times(10))
            // On a busy machine few come to the lock before they are killed.
            repeat(9) { if (loop.changes <= 1_000 || loop.abandoned == 0L) loop.run(10) }
            println("${loop.changes} changes, ${loop.abandoned} times abandoned")
            loop.faults.shouldBeEmpty()
            loop.changes shouldBeGreaterThan 1_000
            loop.abandoned shouldBeGreaterThan 0
        }
    }

    test("processes that use no lock are found out") {
        MappedFiles().use { files ->
            val loop = LockKills(files.path("file"), Effort.seed("no lock"), isLocking = false)
            loop.run(10)
            loop.faults.shouldNotBeEmpty()
        }
    }
})

/** What each process does under the lock, and what the words of the user are. */
internal object LockedWork {
    const val FIRST = 0
    const val SECOND = 1
    const val ABANDONED = 2

    fun open(path: Path): MappedMemoryManager = MappedFiles.open(path, { maxSessions = 8 })

    /** Puts in order what a death has left, if there was one. */
    fun repair(manager: MappedMemoryManager, lock: MappedLock) {
        if (!lock.isAbandoned) {
            check(manager.userWord(FIRST) == manager.userWord(SECOND)) { "torn, and not abandoned" }
            return
        }
        manager.setUserWord(SECOND, manager.userWord(FIRST))
        manager.setUserWord(ABANDONED, manager.userWord(ABANDONED) + 1)
        lock.clearAbandoned()
    }

    fun change(manager: MappedMemoryManager, pause: Int) {
        val next = manager.userWord(FIRST) + 1
        manager.setUserWord(FIRST, next)
        repeat(pause) { Thread.onSpinWait() }
        manager.setUserWord(SECOND, manager.userWord(SECOND) + 1)
        check(manager.userWord(SECOND) == next) { "another was here" }
    }
}

/** Starts and kills the processes that work in the file [path]. */
private class LockKills(private val path: Path, seed: Long, private val isLocking: Boolean) {
    private val random = Random(seed)
    val faults = ArrayList<String>()
    var changes = 0L
        private set
    var abandoned = 0L
        private set

    fun run(rounds: Int) {
        LockedWork.open(path).use { manager ->
            val lock = MappedLock.open(manager, "lock")
            val working = ArrayList<WorkerProcess>()
            try {
                for (round in 0 until rounds) {
                    if (faults.isNotEmpty()) break
                    round(working, manager, lock)
                }
            } finally {
                working.forEach { faults.addAll(it.kill(known = "ready")) }
            }
            changes = manager.userWord(LockedWork.FIRST)
            abandoned = manager.userWord(LockedWork.ABANDONED)
        }
    }

    private fun round(working: MutableList<WorkerProcess>, manager: MappedMemoryManager, lock: MappedLock) {
        while (working.size < PROCESSES) working.add(start())
        Thread.sleep(random.nextLong(10, 200))
        repeat(random.nextInt(1, PROCESSES + 1)) {
            faults.addAll(working.removeAt(random.nextInt(working.size)).kill())
        }
        // Also where it was killed with the lock.
        if (lock.tryLock(30.seconds)) {
            runCatching { if (isLocking) LockedWork.repair(manager, lock) }.onFailure { faults.add("$it") }
            lock.condition().signal()
            lock.unlock()
        } else {
            faults.add("the lock is not free")
        }
        if (!lock.tryLockShared(30.seconds)) faults.add("the lock cannot be shared") else lock.unlockShared()
    }

    private fun start(): WorkerProcess {
        val options = listOf("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", ChildJvm.NATIVE_ACCESS)
        val worker = WorkerProcess(ChildJvm.start(LockWorkerMain::class, options, "$path", "$isLocking"))
        faults.addAll(worker.await("ready"))
        return worker
    }

    private companion object {
        const val PROCESSES = 3
    }
}

/** A process that locks, changes and looks until it is killed. */
internal object LockWorkerMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val isLocking = args[1].toBoolean()
        val manager = LockedWork.open(Path.of(args[0]))
        val lock = MappedLock.open(manager, "lock")
        println("ready")
        Thread.ofPlatform().daemon().start {
            // Whose end this is has died; nobody would stop this process.
            while (System.`in`.read() >= 0) continue
            Runtime.getRuntime().halt(1)
        }
        try {
            repeat(2) { worker -> Thread.ofPlatform().daemon().start { work(manager, lock, isLocking, worker) } }
            work(manager, lock, isLocking, 2)
        } catch (failure: IllegalStateException) {
            println(failure.message)
            exitProcess(1)
        }
    }

    private fun work(manager: MappedMemoryManager, lock: MappedLock, isLocking: Boolean, worker: Int) {
        val random = Random(worker)
        val condition: MappedCondition = lock.condition()
        while (true) {
            // So long that a death usually finds the lock held.
            val pause = random.nextInt(20_000)
            if (!isLocking) {
                LockedWork.change(manager, pause)
                continue
            }
            when (random.nextInt(8)) {
                in 0..3 -> lock.withExclusive {
                    LockedWork.repair(manager, lock)
                    LockedWork.change(manager, pause)
                    condition.signal()
                }

                4 -> lock.withExclusive {
                    LockedWork.repair(manager, lock)
                    condition.await(1.milliseconds)
                    LockedWork.repair(manager, lock)
                }

                else -> lock.withShared {
                    val isRight = manager.userWord(LockedWork.FIRST) == manager.userWord(LockedWork.SECOND)
                    check(isRight || lock.isAbandoned) { "seen in the middle of a change" }
                }
            }
        }
    }
}
