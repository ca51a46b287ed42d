package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.KiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** Threads that wait for room or for a chunk. */
class ChunkRingWaitingSpec : FunSpec() {
    private fun withRing(action: (ChunkRing) -> Unit) {
        SystemMemoryManager("chunks").use { manager ->
            ChunkRing(manager, 1.KiB).use { ring ->
                action(ring)
                ring.clear()
            }
            manager.stats().used shouldBe 0
        }
    }

    private fun ChunkRing.put(value: Long, size: Long = 8) = tryWrite(size) { it.setLong(0, value) }

    private fun ChunkRing.fill() {
        while (put(0)) continue
    }

    private fun started(virtual: Boolean, work: () -> Unit): Thread {
        val builder = if (virtual) Thread.ofVirtual() else Thread.ofPlatform().daemon()
        return builder.start(work)
    }

    private fun awaitParked(thread: Thread) = await("$thread is parked") {
        thread.state == Thread.State.TIMED_WAITING || thread.state == Thread.State.WAITING
    }

    init {
        for (virtual in listOf(false, true)) {
            val kind = if (virtual) "a virtual thread" else "a thread"

            test("$kind that waits for a chunk is woken by the write of one") {
                withRing { ring ->
                    val read = ConcurrentLinkedQueue<Long>()
                    val reader = started(virtual) { ring.read { read += it.getLong(0) } }
                    awaitParked(reader)
                    ring.put(42).shouldBeTrue()
                    reader.join(10_000)
                    read.toList() shouldContainExactly listOf(42L)
                }
            }

            test("$kind that waits for room is woken by the read of a chunk") {
                withRing { ring ->
                    ring.fill()
                    val writer = started(virtual) { ring.write(8) { it.setLong(0, 43) } }
                    awaitParked(writer)
                    ring.tryRead {}.shouldBeTrue()
                    writer.join(10_000)
                    ring.usedBytes shouldBe 1024
                }
            }

            test("$kind that waits is woken by the close, and refused") {
                withRing { ring ->
                    val failures = ConcurrentLinkedQueue<Throwable>()
                    val reader = started(virtual) { failures += shouldThrow<Throwable> { ring.read {} } }
                    awaitParked(reader)
                    ring.close()
                    reader.join(10_000)
                    failures.single().shouldBeInstanceOf<TypedMemoryClosedException>()
                }
                withRing { ring ->
                    val failures = ConcurrentLinkedQueue<Throwable>()
                    ring.fill()
                    val writer = started(virtual) { failures += shouldThrow<Throwable> { ring.write(8) {} } }
                    awaitParked(writer)
                    ring.close()
                    writer.join(10_000)
                    failures.single().shouldBeInstanceOf<TypedMemoryClosedException>()
                }
            }
        }

        test("all that wait are woken by the close, and those that read get what is left first") {
            withRing { ring ->
                val read = ConcurrentLinkedQueue<Long>()
                val inside = CountDownLatch(1)
                val go = CountDownLatch(1)
                val writer = started(false) {
                    ring.write(8) {
                        inside.countDown()
                        go.await()
                        it.setLong(0, 42)
                    }
                }
                inside.await()
                val readers = List(4) { number ->
                    started(number % 2 == 0) { ring.consumeEach { read += it.getLong(0) } }
                }
                readers.forEach(::awaitParked)
                ring.close()
                // What is being written may still be read.
                go.countDown()
                (readers + writer).forEach { it.join(10_000) }
                (readers + writer).none { it.isAlive }.shouldBeTrue()
                read.toList() shouldContainExactly listOf(42L)
            }
        }

        test("who waits is let through when the ring has been made larger") {
            withRing { ring ->
                ring.fill()
                val writer = started(false) { ring.write(8) { it.setLong(0, 43) } }
                awaitParked(writer)
                ring.resize(2.KiB)
                writer.join(10_000)
                ring.usedBytes shouldBe 1024 + 64
            }
        }

        test("those that wait for room are served in the order in which they came, large ones too") {
            withRing { ring ->
                ring.fill()
                val order = ConcurrentLinkedQueue<Long>()
                val writers = listOf(512L, 64L, 256L).map { size ->
                    started(false) {
                        ring.write(size) {
                            order += size
                            it.setLong(0, size)
                        }
                    }.also(::awaitParked)
                }
                // Slowly, so that one that wants little could overtake.
                repeat(16) {
                    ring.tryRead {}.shouldBeTrue()
                    Thread.sleep(1)
                }
                writers.forEach { it.join(10_000) }
                order.toList() shouldContainExactly listOf(512L, 64L, 256L)
            }
        }

        test("a wait ends when its time has passed, and not before") {
            withRing { ring ->
                val empty = measureTime { ring.tryRead(20.milliseconds) {}.shouldBeFalse() }
                empty shouldBeGreaterThanOrEqualTo 20.milliseconds
                ring.fill()
                val full = measureTime { ring.tryWrite(8, 20.milliseconds) {}.shouldBeFalse() }
                full shouldBeGreaterThanOrEqualTo 20.milliseconds
                ring.tryRead(1.seconds) {}.shouldBeTrue()
                ring.tryWrite(8, 1.seconds) { it.setLong(0, 1) }.shouldBeTrue()
            }
        }

        test("an interrupt ends a wait, and nothing is written or read; one that has not to wait goes on") {
            withRing { ring ->
                lateinit var thread: Thread
                val waiting = CountDownLatch(1)
                val interrupter = started(false) {
                    waiting.await()
                    awaitParked(thread)
                    thread.interrupt()
                }
                val failure = failureOn("reader") {
                    thread = Thread.currentThread()
                    waiting.countDown()
                    ring.read { error("there is nothing") }
                }
                failure.shouldBeInstanceOf<InterruptedException>()
                failure.message shouldBe "interrupted while waiting for a chunk ring"
                interrupter.join()
                failureOn("writer") {
                    Thread.currentThread().interrupt()
                    ring.write(8) { it.setLong(0, 1) }
                    Thread.interrupted().shouldBeTrue()
                } shouldBe null
                ring.usedBytes shouldBe 64
                ring.fill()
                failureOn("writer") {
                    Thread.currentThread().interrupt()
                    ring.write(8) { error("there is no room") }
                }.shouldBeInstanceOf<InterruptedException>()
                ring.usedBytes shouldBe 1024
            }
        }

        test("a thread in the middle of a write lets a try pass by, and holds up only what was claimed after it") {
            withRing { ring ->
                ring.put(1)
                ring.write(8) {
                    ring.put(3)
                    ring.tryRead { chunk -> chunk.getLong(0) shouldBe 1 }.shouldBeTrue()
                    ring.tryRead {}.shouldBeFalse()
                    it.setLong(0, 2)
                }
                val read = ArrayList<Long>()
                ring.drain { read += it.getLong(0) }
                read shouldContainExactly listOf(2L, 3L)
            }
        }

        test("a wait for nothing costs no processor") {
            withRing { ring ->
                val threads = java.lang.management.ManagementFactory.getThreadMXBean()
                var used = 0L
                failureOn("sleeper") {
                    val before = threads.currentThreadCpuTime
                    ring.tryRead(300.milliseconds) {}.shouldBeFalse()
                    used = threads.currentThreadCpuTime - before
                } shouldBe null
                used shouldBeLessThan 100_000_000
            }
        }
    }
}
