package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.LockLayout
import dev.leasehold.memory.internal.platform.describe
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedLockOwnerException
import dev.leasehold.memory.mapped.MappedLockTimeoutException
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.lang.management.ManagementFactory
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

class MappedLockSpec : FunSpec() {
    /** A file with two sessions, as of two processes, and the lock that each has opened. */
    private class Two(val path: Path) : AutoCloseable {
        val here: MappedMemoryManager = MappedFiles.open(path)
        val there: MappedMemoryManager = MappedFiles.open(path)
        val mine: MappedLock = MappedLock.open(here, "lock")
        val other: MappedLock = MappedLock.open(there, "lock")

        override fun close() {
            here.close()
            there.close()
            MappedMemory.verify(path).faults.shouldBeEmpty()
        }
    }

    private fun two(action: Two.() -> Unit): Unit = MappedFiles.withPath { path -> Two(path).use(action) }

    /** Runs [action] while another thread, of the other session, does [hold], until that is over. */
    private fun Two.whileHeld(hold: MappedLock.(() -> Unit) -> Unit, action: Two.() -> Unit) {
        val begun = CountDownLatch(1)
        val over = CountDownLatch(1)
        val thread = Thread.ofPlatform().start {
            other.hold {
                begun.countDown()
                over.await()
            }
        }
        begun.await()
        try {
            action()
        } finally {
            over.countDown()
            thread.join()
        }
    }

    private fun allocatedBy(action: () -> Unit): Long {
        val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        val before = threads.currentThreadAllocatedBytes
        action()
        return threads.currentThreadAllocatedBytes - before
    }

    init {
        test("who has the lock exclusively keeps all others out, and who shares it only those") {
            two {
                whileHeld({ withExclusive(it) }) {
                    mine.tryLock() shouldBe false
                    mine.tryLockShared() shouldBe false
                    mine.tryLock(5.milliseconds) shouldBe false
                    mine.tryLockShared(JavaDuration.ofMillis(5)) shouldBe false
                    mine.isOwned shouldBe false
                }
                whileHeld({ withShared(it) }) {
                    mine.tryLock() shouldBe false
                    mine.tryLock(JavaDuration.ofMillis(5)) shouldBe false
                    mine.tryLockShared() shouldBe true
                    mine.tryLockShared() shouldBe true
                    mine.unlockShared()
                    onThread { mine.unlockShared() }
                }
                mine.tryLock() shouldBe true
                mine.isOwned shouldBe true
                onThread { mine.tryLock() shouldBe false }
                onThread { MappedLock.open(here, "lock").tryLockShared() shouldBe false }
                mine.unlock()
                other.exclusive().use { other.isOwned shouldBe true }
                other.shared(JavaDuration.ofSeconds(1)).use { mine.shared().close() }
                other.exclusive(JavaDuration.ofSeconds(1)).close()
                other.withExclusive(1.seconds) { 3 } shouldBe 3
                other.withShared(1.seconds) { 4 } shouldBe 4
                mine.toString() shouldBe "MappedLock 'lock' in $path"
            }
        }

        test("what comes too late is said with the process that has the lock") {
            two {
                val process = ProcessHandle.current().pid()
                whileHeld({ withExclusive(it) }) {
                    shouldThrow<MappedLockTimeoutException> { mine.withExclusive(5.milliseconds) {} }.message shouldBe
                        "the lock 'lock' of the file $path was not free within 5 ms: process $process has it; " +
                        "keep it for less, or wait longer"
                    shouldThrow<MappedLockTimeoutException> { mine.withShared(5.milliseconds) {} }
                    shouldThrow<MappedLockTimeoutException> { mine.exclusive(JavaDuration.ofMillis(5)) }
                }
                whileHeld({ withShared(it) }) {
                    shouldThrow<MappedLockTimeoutException> { mine.withExclusive(5.milliseconds) {} }.message shouldBe
                        "the lock 'lock' of the file $path was not free within 5 ms: others share it; keep it for " +
                        "less, or wait longer"
                }
                mine.withExclusive {}
            }
        }

        test("misuse is refused, and changes nothing") {
            two {
                val me = describe(Thread.currentThread())
                val lock = "the lock 'lock' of the file $path"
                fun refused(action: () -> Unit) = shouldThrow<MappedLockOwnerException>(action).message
                refused { mine.unlock() } shouldBe "$lock is not held exclusively by $me, which cannot give it back"
                refused { mine.unlockShared() } shouldBe
                    "$lock is not shared by this process, which cannot give a share back"
                refused { mine.clearAbandoned() } shouldBe
                    "$lock is not held exclusively by $me, which cannot say that all is in order"
                refused { mine.condition().signal() } shouldBe
                    "$lock is not held exclusively by $me, which cannot signal"
                refused { mine.condition().await() } shouldBe
                    "$lock is not held exclusively by $me, which cannot wait for a signal"
                mine.lock()
                val again = "$lock is held exclusively by $me, which asks for it again: it is taken once at a time"
                refused { mine.lock() } shouldBe again
                refused { mine.tryLockShared() } shouldBe again
                failureOn("another") { mine.unlock() }.shouldBeInstanceOf<MappedLockOwnerException>()
                failureOn("another") { other.unlock() }.shouldBeInstanceOf<MappedLockOwnerException>()
                mine.unlock()
                shouldThrow<InvalidTimeoutException> { mine.tryLock(0.seconds) }.message shouldBe
                    "a timeout must be positive, and was 0 ns; tryLock without one does not wait"
                shouldThrow<InvalidTimeoutException> { mine.withShared((-1).seconds) {} }.message shouldBe
                    "a timeout must be positive, and was -1000000000 ns; tryLockShared without one does not wait"
                shouldThrow<IndexOutOfBoundsException> { mine.condition(8) }.message shouldBe
                    "a lock has conditions from 0 to 7, and not 8"
                other.tryLock() shouldBe true
                other.unlock()
            }
        }

        test("a lock is opened once by all, and by none that only read or have closed") {
            MappedFiles.withPath { path ->
                val managers = List(3) { MappedFiles.open(path) }
                together(6) { MappedLock.open(managers[it % 3], "lock ${it / 3}").withExclusive {} }
                managers[0].roots.names shouldHaveSize 2
                managers[0].allocate(100).use { block ->
                    block.withSegment { it.zero() }
                    managers[0].roots["block"] = block
                }
                shouldThrow<MappedFileFormatException> { MappedLock.open(managers[1], "block") }.message shouldBe
                    "the root 'block' of the file $path leads to no lock of this version"
                val lock = MappedLock.open(managers[0], "lock 0")
                managers.forEach(MappedMemoryManager::close)
                shouldThrow<ManagerClosedException> { lock.lock() }.message shouldBe
                    "the manager of the file $path is closed: lock, signal, read and write while it is open"
                MappedMemoryManager.openReadOnly(path).use { reading ->
                    shouldThrow<MappedFileReadOnlyException> { MappedLock.open(reading, "lock 0") }
                }
                val report = MappedMemory.verify(path)
                report.faults.shouldBeEmpty()
                report.blocks shouldBe 3
            }
        }

        test("a lock whose root is removed serves those who have opened it, and is gone after them") {
            two {
                here.roots.remove("lock")
                repeat(50) { here.allocate(4500) }
                whileHeld({ withExclusive(it) }) { mine.tryLock() shouldBe false }
                mine.withExclusive {}
                val next = MappedLock.open(there, "lock")
                next.withExclusive { mine.tryLock() shouldBe true }
                mine.unlock()
                here.clear()
            }
        }

        test("an interrupted thread gets nothing, and says so") {
            two {
                val waits = listOf<Pair<String, MappedLock.() -> Unit>>(
                    "exclusively" to { lock() },
                    "exclusively, in time" to { tryLock(60.seconds) },
                    "shared" to { lockShared() },
                )
                for ((way, wait) in waits) {
                    whileHeld({ withExclusive(it) }) {
                        for (isVirtual in listOf(false, true)) {
                            var failure: Throwable? = null
                            val builder = if (isVirtual) Thread.ofVirtual() else Thread.ofPlatform()
                            val thread = builder.name(way).start {
                                failure = runCatching { mine.wait() }.exceptionOrNull()
                            }
                            Thread.sleep(10)
                            thread.interrupt()
                            thread.join()
                            failure.shouldBeInstanceOf<InterruptedException>()
                        }
                    }
                    mine.withExclusive {}
                }
                whileHeld({ withShared(it) }) {
                    failureOn("a claim") {
                        Thread.currentThread().interrupt()
                        mine.lock()
                    }.shouldBeInstanceOf<InterruptedException>()
                    mine.withShared {}
                }
                mine.withExclusive {}
            }
        }

        test("a dead owner frees the lock, which is abandoned until someone says that all is in order") {
            two {
                onThread { other.lock() }
                mine.tryLock() shouldBe false
                MappedFiles.kill(there.session)
                mine.tryLock() shouldBe true
                mine.isAbandoned shouldBe true
                mine.unlock()
                MappedFiles.open(path).use { third ->
                    val lock = MappedLock.open(third, "lock")
                    lock.withShared { lock.isAbandoned shouldBe true }
                    lock.withExclusive {
                        lock.isAbandoned shouldBe true
                        lock.clearAbandoned()
                        lock.isAbandoned shouldBe false
                    }
                }
                mine.withExclusive { mine.isAbandoned shouldBe false }
                here.recoveredSessions shouldBe 1
                there.close()
            }
        }

        test("threads that wait for a dead owner get the lock") {
            two {
                onThread { other.lock() }
                val begun = CountDownLatch(3)
                val killer = Thread.ofPlatform().start {
                    begun.await()
                    Thread.sleep(20)
                    MappedFiles.kill(there.session)
                }
                together(3, { it == 2 }, seconds = 60) { worker ->
                    begun.countDown()
                    if (worker == 0) mine.withShared { mine.isAbandoned shouldBe true } else mine.withExclusive {}
                }
                killer.join()
                there.close()
            }
        }

        test("a dead reader is no reader, and leaves nothing behind") {
            two {
                repeat(3) { other.lockShared() }
                mine.tryLock() shouldBe false
                MappedFiles.kill(there.session)
                mine.withExclusive(10.seconds) { mine.isAbandoned shouldBe false }
                // Of the same number as the dead one.
                MappedFiles.open(path).use { third ->
                    val lock = MappedLock.open(third, "lock")
                    mine.tryLock() shouldBe true
                    mine.unlock()
                    lock.withShared { mine.tryLock() shouldBe false }
                    shouldThrow<MappedLockOwnerException> { lock.unlockShared() }
                }
                there.close()
            }
        }

        test("a manager that is closed lets its locks go") {
            two {
                onThread { other.lock() }
                there.close()
                mine.withExclusive { mine.isAbandoned shouldBe true }
                mine.withExclusive { mine.clearAbandoned() }
            }
        }

        test("a stream of readers does not keep a writer waiting") {
            two {
                val isOver = AtomicBoolean()
                val reading = CountDownLatch(4)
                val readers = List(4) { index ->
                    val lock = if (index % 2 == 0) mine else other
                    Thread.ofPlatform().start {
                        while (!isOver.get()) {
                            lock.withShared {
                                reading.countDown()
                                // So long that two at least overlap always.
                                Thread.sleep(3)
                            }
                        }
                    }
                }
                reading.await()
                repeat(20) { mine.withExclusive(20.seconds) {} }
                isOver.set(true)
                readers.forEach(Thread::join)
            }
        }

        test("what no one waits for makes no garbage") {
            two {
                fun work() = repeat(20_000) {
                    mine.withExclusive {}
                    mine.withShared {}
                    mine.exclusive().close()
                    mine.tryLock(1.seconds)
                    mine.unlock()
                }
                repeat(5) { work() }
                allocatedBy(::work) shouldBeLessThan 20_000L
            }
        }

        test("a condition wakes those that wait for it, in all sessions") {
            two {
                val arrived = CountDownLatch(4)
                var isReady = false
                val waiters = List(4) { index ->
                    val lock = if (index % 2 == 0) mine else other
                    val builder = if (index == 3) Thread.ofVirtual() else Thread.ofPlatform()
                    builder.start {
                        lock.withExclusive {
                            arrived.countDown()
                            while (!isReady) lock.condition(2).await()
                        }
                    }
                }
                arrived.await()
                mine.withExclusive {
                    mine.condition(1).signalAll()
                    isReady = true
                    mine.condition(2).signalAll()
                }
                waiters.forEach { it.join(20_000) }
                waiters.filter { it.isAlive }.shouldBeEmpty()
            }
        }

        test("a wait for a signal ends in time, and has the lock again however it ends") {
            two {
                mine.withExclusive {
                    val start = System.nanoTime()
                    mine.condition().await(20.milliseconds) shouldBe false
                    System.nanoTime() - start shouldBeGreaterThan 20_000_000
                    mine.isOwned shouldBe true
                    mine.condition().await(JavaDuration.ofMillis(1)) shouldBe false
                    Thread.currentThread().interrupt()
                    shouldThrow<InterruptedException> { mine.condition().await() }
                    mine.isOwned shouldBe true
                    shouldThrow<InvalidTimeoutException> { mine.condition().await(0.seconds) }.message shouldBe
                        "a timeout must be positive, and was 0 ns"
                    val signaller = Thread.ofPlatform().start {
                        other.withExclusive { other.condition().signal() }
                    }
                    mine.condition().await(20.seconds) shouldBe true
                    signaller.join()
                }
            }
        }

        test("words that no lock has are found") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    MappedLock.open(manager, "lock").withShared {}
                    val words = manager.session.words
                    val at = checkNotNull(manager.placeOf(manager.roots["lock"])).offset
                    MappedFiles.faults(manager.session).shouldBeEmpty()
                    for (offset in listOf(LockLayout.WORD_AT, LockLayout.MOST_READER_AT)) {
                        words.set(at + offset, 200)
                        MappedFiles.faults(manager.session) shouldHaveSize 1
                        words.set(at + offset, 0)
                    }
                }
            }
        }
    }
}
