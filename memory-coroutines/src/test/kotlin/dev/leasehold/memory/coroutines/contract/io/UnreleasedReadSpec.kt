package dev.leasehold.memory.coroutines.contract.io

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.support.connected
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.logged
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Job
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import java.nio.channels.AsynchronousSocketChannel
import java.nio.channels.CompletionHandler
import java.nio.channels.InterruptedByTimeoutException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** What the library does about a socket operation whose buffer the platform never lets go of. */
class UnreleasedReadSpec : FunSpec({
    test("a lease that a timed out socket read keeps for good is looked at more and more seldom") {
        // Not closed in the end: one of its leases cannot be.
        val pool = MemoryPool.isolated("forgotten")
        val said = logged("BUSY: ") {
            runBlocking {
                connected { near, _ ->
                    val lease = pool.rentShared(2.MiB)
                    timedOut(near, lease).shouldBeInstanceOf<InterruptedByTimeoutException>()
                    Job().also { lease.move(it) }.complete() shouldBe true
                }
            }
        }
        said shouldHaveSize 1
        Thread.sleep(2000)
        val before = backgroundWaits()
        Thread.sleep(2000)
        // A thousand a second were 2,000; other specs may have left something to do, too.
        backgroundWaits().entries.sumOf { (id, waits) -> waits - (before[id] ?: 0) } shouldBeLessThan 100
        pool.stats().used shouldBe 2.MiB
    }
})

/** What a read into a kept view of [lease] fails with, on which nothing arrives in time. */
private fun timedOut(channel: AsynchronousSocketChannel, lease: SharedLease): Throwable {
    val failure = CompletableFuture<Throwable>()
    val handler = object : CompletionHandler<Int, Unit> {
        override fun completed(result: Int, attachment: Unit) {
            failure.complete(AssertionError("read $result bytes"))
        }

        override fun failed(thrown: Throwable, attachment: Unit) {
            failure.complete(thrown)
        }
    }
    channel.read(lease.asKeptByteBuffer(), 50, TimeUnit.MILLISECONDS, Unit, handler)
    return failure.get()
}

/**
 * How often each background thread has waited, by its id: once for each time that it was woken. There may be two, while
 * one that had nothing to do ends and the next has begun.
 */
private fun backgroundWaits(): Map<Long, Long> {
    val ids = Thread.getAllStackTraces().keys.filter { it.name == "leasehold-background" }.map { it.threadId() }
    val alive = ManagementFactory.getThreadMXBean().getThreadInfo(ids.toLongArray()).filterNotNull()
    return alive.associate { it.threadId to it.waitedCount }
}
