@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.HelperThread
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.startVirtual
import dev.leasehold.memory.internal.spi.trySchedule
import dev.leasehold.testing.await
import dev.leasehold.testing.loggedRecords
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

class BackgroundSpec : FunSpec() {
    private val failure = IllegalStateException("of the test")

    init {
        test("the guide lists every thread for operators") {
            val guide = File("../docs/guide.md").readText()
            HelperThread.entries.forEach { guide shouldContain "| `${it.threadName}` |" }
        }

        test("a thread that is not in the list is refused") {
            shouldThrow<IllegalArgumentException> { startVirtual("worker") {} }.message!! shouldStartWith
                "no thread of this library is called worker"
        }

        test("a virtual thread has its name, and what it throws goes to the log") {
            val records = loggedRecords("leasehold-notify failed") {
                val thread = startVirtual("leasehold-notify") { throw failure }
                thread.name shouldBe "leasehold-notify"
                thread.isVirtual shouldBe true
                thread.join()
            }
            records.single().thrown shouldBe failure
        }

        test("a virtual thread that is interrupted ends without a word") {
            loggedRecords("leasehold-left-behind failed") {
                val thread = startVirtual("leasehold-left-behind") { Thread.sleep(1.hours.inWholeMilliseconds) }
                thread.interrupt()
                thread.join()
            } shouldBe emptyList()
        }

        test("the other modules' tasks run on the library's thread") {
            val ran = ConcurrentLinkedQueue<String>()
            trySchedule(5.milliseconds) { ran.add(Thread.currentThread().name) } shouldBe true
            await("it has run") { ran.size == 1 }
            ran shouldContainExactly listOf("leasehold-background")
        }

        test("an action for garbage runs on the cleaner's thread, also after another has thrown") {
            val ran = ConcurrentLinkedQueue<String>()
            val records = loggedRecords("an action of leasehold-cleaner failed") {
                Background.whenGarbage(Any()) {
                    ran.add(Thread.currentThread().name)
                    throw failure
                }
                collectUntil("the first has run") { ran.size == 1 }
                Background.whenGarbage(Any()) { ran.add(Thread.currentThread().name) }
                collectUntil("the second has run") { ran.size == 2 }
            }
            ran shouldContainExactly List(2) { "leasehold-cleaner" }
            // The garbage of other specs may fail meanwhile, too.
            records.count { it.thrown === failure } shouldBe 1
        }
    }
}

/** Collects garbage until [holds]. */
internal fun collectUntil(what: String, holds: () -> Boolean): Unit = await(what) {
    System.gc()
    holds()
}
