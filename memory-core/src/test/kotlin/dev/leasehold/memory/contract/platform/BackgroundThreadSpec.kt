package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.internal.platform.BackgroundThread
import dev.leasehold.memory.internal.platform.HelperThread
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import dev.leasehold.testing.loggedRecords
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class BackgroundThreadSpec : FunSpec() {
    private val failure = IllegalStateException("of the test")

    init {
        test("tasks run in the order in which they come, on one daemon thread with the name of the list") {
            val background = background()
            val ran = ConcurrentLinkedQueue<Pair<Int, Thread>>()
            repeat(100) { background.submit { ran.add(it to Thread.currentThread()) } }
            await("all have run") { ran.size == 100 }
            ran.map { it.first } shouldContainExactly List(100) { it }
            val thread = ran.map { it.second }.toSet().single()
            thread.name shouldBe "leasehold-background"
            thread.isDaemon shouldBe true
            thread.isVirtual shouldBe false
        }

        test("what a task throws goes to the log, and the thread goes on") {
            val background = background()
            lateinit var thrower: Thread
            val records = loggedRecords("a task failed") {
                background.submit { throw failure.also { thrower = Thread.currentThread() } }
                background.threadOfNext() shouldBe thrower
            }
            records.count { it.thrown === failure } shouldBe 1
        }

        test("a log that throws does not end the thread either") {
            val background = background()
            lateinit var thrower: Thread
            withBrokenLog {
                background.submit { throw failure.also { thrower = Thread.currentThread() } }
                background.threadOfNext() shouldBe thrower
            }
        }

        test("an interrupt that a task leaves behind does not end the thread") {
            val background = background()
            lateinit var interrupted: Thread
            background.submit { interrupted = Thread.currentThread().also(Thread::interrupt) }
            background.threadOfNext() shouldBe interrupted
            background.threadOfNext() shouldBe interrupted
        }

        test("a thread without tasks ends, and the next task starts another") {
            val background = background(idle = 20.milliseconds)
            val first = background.threadOfNext()
            await("it has ended") { !first.isAlive }
            val second = background.threadOfNext()
            second shouldNotBe first
            await("the other has ended") { !second.isAlive }
        }

        test("no task is left behind by a thread that ends while it comes") {
            val background = background(idle = Duration.ZERO)
            val ran = AtomicInteger()
            val rounds = Effort.times(2_000)
            val workers = List(3) {
                Thread.ofPlatform().start { repeat(rounds) { background.submit { ran.incrementAndGet() } } }
            }
            workers.forEach(Thread::join)
            await("$ran of ${3 * rounds} have run") { ran.get() == 3 * rounds }
        }

        test("a task whose thread cannot be started runs with the next") {
            val refusals = AtomicInteger(1)
            val background = background {
                if (refusals.getAndDecrement() > 0) throw OutOfMemoryError("no thread, by the test")
                HelperThread.BACKGROUND.platform(it)
            }
            val ran = ConcurrentLinkedQueue<Int>()
            loggedRecords("could not be given to a thread") { background.submit { ran.add(1) } }.size shouldBe 1
            background.submit { ran.add(2) }
            await("both have run") { ran.size == 2 }
            ran shouldContainExactly listOf(1, 2)
        }

        test("a task that waits for a thread which could not be started says so, and is run once one can") {
            val refusals = AtomicInteger(2)
            val background = background {
                if (refusals.getAndDecrement() > 0) throw OutOfMemoryError("no thread, by the test")
                HelperThread.BACKGROUND.platform(it)
            }
            val ran = AtomicBoolean()
            background.isStuck shouldBe false
            loggedRecords("could not be given to a thread") {
                background.trySchedule(0) { ran.set(true) } shouldBe true
                background.isStuck shouldBe true
                background.start()
                background.isStuck shouldBe true
            }.size shouldBe 2
            background.start()
            background.isStuck shouldBe false
            await("it has run") { ran.get() }
        }

        test("a task that is not done is looked at again with longer and longer pauses, until it is") {
            val background = background(first = 1.milliseconds, longest = 1.seconds)
            val looks = ConcurrentLinkedQueue<Long>()
            background.untilDone("key") {
                looks.add(System.nanoTime())
                looks.size == 10
            }
            await("ten looks") { looks.size == 10 }
            // However slow the machine is, a pause is never shorter than it has to be: nine of 1 to 256 ms lie between.
            looks.last() - looks.first() shouldBeGreaterThanOrEqualTo 511.milliseconds.inWholeNanoseconds
            background.threadOfNext()
            looks.size shouldBe 10
        }

        test("a task that is never done is looked at once for each longest pause") {
            val background = background(first = 1.milliseconds, longest = 100.milliseconds)
            val looks = AtomicInteger()
            val isOver = AtomicBoolean()
            val from = System.nanoTime()
            background.untilDone("key") {
                looks.incrementAndGet()
                isOver.get()
            }
            await("twenty looks") { looks.get() >= 20 }
            val seen = looks.get()
            val tenths = (System.nanoTime() - from) / 100.milliseconds.inWholeNanoseconds
            isOver.set(true)
            // Eight in the first 127 ms, and then ten each second.
            seen.toLong() shouldBeLessThanOrEqualTo 8 + tenths
        }

        test("a task that waits is not added again, but run at once") {
            val background = background(first = 1.hours, longest = 1.hours)
            val looks = AtomicInteger()
            val others = AtomicInteger()
            background.untilDone("key") { looks.incrementAndGet() == 2 }
            await("a look") { looks.get() == 1 }
            background.threadOfNext()
            background.untilDone("key") { others.incrementAndGet() > 0 }
            await("another look, an hour early") { looks.get() == 2 }
            background.threadOfNext()
            others.get() shouldBe 0
            background.untilDone("key") { others.incrementAndGet() > 0 }
            await("a look of the other, because the first is done") { others.get() == 1 }
        }

        test("a task that comes while one of its key runs is run after it") {
            val background = background(first = 1.hours, longest = 1.hours)
            val isRunning = CountDownLatch(1)
            val goOn = CountDownLatch(1)
            val looks = ConcurrentLinkedQueue<String>()
            background.untilDone("key") {
                isRunning.countDown()
                goOn.await()
                looks.add("the first")
                false
            }
            isRunning.await()
            background.untilDone("key") { looks.add("the second") }
            goOn.countDown()
            await("both have run") { looks.size == 2 }
            looks shouldContainExactly listOf("the first", "the second")
        }

        test("a task that is due later does not run earlier") {
            val background = background()
            val from = System.nanoTime()
            val ran = ConcurrentLinkedQueue<Long>()
            background.schedule(50.milliseconds.inWholeNanoseconds) { ran.add(System.nanoTime() - from) }
            background.threadOfNext()
            await("it has run") { ran.size == 1 }
            ran.single() shouldBeGreaterThanOrEqualTo 50.milliseconds.inWholeNanoseconds
        }

        test("what is due first runs first, and forever is no time in the past") {
            val background = background()
            val ran = ConcurrentLinkedQueue<String>()
            val never = background.schedule(Long.MAX_VALUE) { ran.add("never") }
            background.schedule(2.seconds.inWholeNanoseconds) { ran.add("second") }
            background.schedule(20.milliseconds.inWholeNanoseconds) { ran.add("first") }
            await("two have run") { ran.size == 2 }
            ran shouldContainExactly listOf("first", "second")
            never.close()
        }

        test("a task that is cancelled does not run, and keeps no thread") {
            val background = background(idle = 20.milliseconds)
            val ran = AtomicInteger()
            val cancelled = background.schedule(1.hours.inWholeNanoseconds) { ran.incrementAndGet() }
            val thread = background.threadOfNext()
            Thread.sleep(100)
            thread.isAlive shouldBe true
            cancelled.close()
            await("the thread has ended") { !thread.isAlive }
            ran.get() shouldBe 0
        }
    }

    private fun background(
        idle: Duration = 2.minutes,
        first: Duration = 1.milliseconds,
        longest: Duration = 1.seconds,
        newThread: (Runnable) -> Thread = HelperThread.BACKGROUND::platform,
    ) = BackgroundThread(
        idle.inWholeNanoseconds,
        first.inWholeNanoseconds,
        longest.inWholeNanoseconds,
        newThread,
    )

    /** Runs a task behind all that are due, and returns its thread. */
    private fun BackgroundThread.threadOfNext(): Thread {
        val threads = ConcurrentLinkedQueue<Thread>()
        submit { threads.add(Thread.currentThread()) }
        await("the next task has run") { threads.isNotEmpty() }
        return threads.single()
    }

    private fun withBrokenLog(body: () -> Unit) {
        val logger = Logger.getLogger("dev.leasehold.memory")
        val broken = object : Handler() {
            override fun publish(record: LogRecord) = error("no record can be written")

            override fun flush() = Unit

            override fun close() = Unit
        }
        logger.addHandler(broken)
        try {
            body()
        } finally {
            logger.removeHandler(broken)
        }
    }
}
