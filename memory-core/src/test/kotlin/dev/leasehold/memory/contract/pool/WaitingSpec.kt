package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicReference
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class WaitingSpec : FunSpec({
    val pools = mapOf<String, () -> MemoryPool>(
        "a limited pool" to { MemoryPool.isolated("waits") { limit = 64.KiB } },
        "a limited pool of large blocks" to { MemoryPool.isolated("waits") { limit = 64.KiB } },
        "a fixed pool" to { MemoryPool.fixed("waits", 64.KiB, 1) },
    )
    for ((kind, make) in pools) {
        test("requests at $kind are served first come, first served") {
            val pool = make()
            var held = pool.rent(64.KiB)
            val order = ConcurrentLinkedQueue<Int>()
            val waiters = List(6) { index ->
                val builder = if (index % 2 == 0) Thread.ofVirtual() else Thread.ofPlatform()
                val thread = builder.start {
                    val lease: AutoCloseable =
                        if (index % 3 == 0) pool.rentShared(64.KiB, 1.minutes) else pool.rent(64.KiB, 1.minutes)
                    order.add(index)
                    lease.close()
                }
                await("waiter $index is in line") { pool.stats().waiters == index + 1 }
                thread
            }
            pool.tryRent(1) shouldBe null
            held.close()
            waiters.forEach(Thread::join)
            order.toList() shouldBe List(6) { it }
            pool.stats().waiters shouldBe 0
            pool.stats().used shouldBe 0
            held = pool.rent(64.KiB)
            held.close()
            pool.close()
        }

        test("an interrupted wait at $kind throws and loses nothing") {
            val pool = make()
            val held = pool.rent(64.KiB)
            val failure = AtomicReference<Throwable>()
            val waiter = Thread.ofPlatform().start {
                failure.set(runCatching { pool.rent(64.KiB, 1.minutes).close() }.exceptionOrNull())
            }
            await("it waits") { pool.stats().waiters == 1 }
            waiter.interrupt()
            waiter.join()
            failure.get().shouldBeInstanceOf<InterruptedException>().message shouldBe
                "interrupted while waiting for memory"
            pool.stats().waiters shouldBe 0
            held.close()
            pool.rent(64.KiB).close()
            pool.close()
        }

        test("closing $kind ends all waits") {
            val pool = make()
            val held = pool.rent(64.KiB)
            val failures = ConcurrentLinkedQueue<Throwable>()
            val waiters = List(3) {
                Thread.ofVirtual().start {
                    failures.add(shouldThrow<Throwable> { pool.rentShared(9, 1.minutes).close() })
                }
            }
            await("they wait") { pool.stats().waiters == 3 }
            shouldThrow<OutstandingLeasesException> { pool.close() }
            waiters.forEach(Thread::join)
            failures.size shouldBe 3
            failures.forEach { it.shouldBeInstanceOf<PoolClosedException>() }
            held.close()
            pool.stats().reserved shouldBe 0
        }
    }

    test("a timeout says what was requested, what the bound is and how long it waited") {
        val pool = MemoryPool.isolated("late") { limit = 64.KiB }
        val held = pool.rent(64.KiB)
        val failure = shouldThrow<RentTimeoutException> { pool.rent(100, 20.milliseconds) }
        failure.message shouldBe "pool 'late': no memory for 100 bytes came back within 20 ms " +
            "(65,536 bytes of the limit of 65,536 bytes are reserved and 65,536 bytes used): close leases sooner, " +
            "raise the limit, or wait longer"
        failure.ownerName shouldBe "late"
        failure.requested shouldBe 100
        pool.stats().waiters shouldBe 0
        held.close()
        pool.rent(100, 20.milliseconds).close()
        pool.close()
        val chunks = MemoryPool.fixed("late chunks", 10, 1)
        val chunk = chunks.rent()
        shouldThrow<RentTimeoutException> { chunks.rentShared(1, 20.milliseconds) }.message shouldBe
            "pool 'late chunks': the only chunk did not come back within 20 ms: close leases sooner, make more " +
            "chunks, or wait longer"
        chunk.close()
        chunks.close()
    }

    test("a request behind one that gives up is served at once") {
        // As long as the second is not in line before the first has given up, the first is given more time.
        val inLine = generateSequence(100.milliseconds) { it * 4 }.first(::servesBehind)
        println("the second came within $inLine")
    }

    test("a size that the pool can never hold is refused at once, not waited for") {
        val pool = MemoryPool.isolated("never") { limit = 5000 }
        val failure = shouldThrow<InvalidSizeException> { pool.rent(5000, 5.seconds) }
        failure.message shouldBe
            "pool 'never': 5,000 bytes requested, and its limit is 4,096 bytes: raise the limit or request less"
        pool.rent(4096, 1.minutes).close()
        pool.close()
    }

    // Each thread holds at most one lease and soon ends it, so a wait of minutes means that one was forgotten.
    for ((kind, make) in mapOf<String, () -> MemoryPool>(
        "a limited pool" to { MemoryPool.isolated("busy") { limit = 16.KiB } },
        "a fixed pool" to { MemoryPool.fixed("busy", 4096, 3) },
        "a fixed pool with epochs" to { MemoryPool.fixed("busy", 64, 72) },
    )) {
        for (virtual in listOf(false, true)) {
            val threads = if (virtual) "virtual" else "platform"
            test("no waiter is forgotten in the line of $kind on $threads threads") {
                val pool = make()
                val seed = Effort.seed("waiting")
                val each = if (pool is FixedMemoryPool) pool.capacity / 3 else 1
                together(6, virtual) { worker ->
                    val random = Random(seed + worker)
                    repeat(Effort.times(3000) / each) {
                        val leases = List(if (each == 1) 1 else random.nextInt(1, 4)) {
                            val size = if (each == 1) 4096L else 64
                            if (random.nextBoolean()) pool.rent(size, 2.minutes) else pool.rentShared(size, 2.minutes)
                        }
                        if (random.nextInt(20) == 0) Thread.sleep(0, 50_000)
                        leases.forEach(AutoCloseable::close)
                    }
                }
                pool.stats().used shouldBe 0
                pool.stats().waiters shouldBe 0
                pool.close()
            }
        }
    }
})

/**
 * Lets one wait for too much, for as long as [time], and another behind it for what there is, which must be served when
 * the first gives up. False when the first gave up before the other was in line.
 */
private fun servesBehind(time: Duration): Boolean = MemoryPool.isolated("behind") { limit = 64.KiB }.use { pool ->
    val held = pool.rent(32.KiB)
    val failures = ConcurrentLinkedQueue<Throwable>()
    fun waiter(size: Long, time: Duration) = Thread.ofPlatform().start {
        runCatching { pool.rent(size, time).close() }.onFailure(failures::add)
    }
    val first = waiter(64.KiB, time)
    await("the first waits") { pool.stats().waiters == 1 || !first.isAlive }
    val second = waiter(16.KiB, 10.minutes)
    await("the second waits") { pool.stats().waiters == 2 || !first.isAlive || !second.isAlive }
    val behind = pool.stats().waiters == 2
    listOf(first, second).forEach(Thread::join)
    failures.single().shouldBeInstanceOf<RentTimeoutException>().requested shouldBe 64.KiB
    held.close()
    behind
}
