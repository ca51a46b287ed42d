package dev.leasehold.memory.coroutines.contract.lease

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.PlannedFailure
import dev.leasehold.memory.coroutines.support.Reading
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.Effort
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.util.concurrent.atomic.AtomicInteger

/** What happens when an input or output operation still uses a lease that is to be closed. */
class BusyCloseSpec : FunSpec({
    test("a block that throws while its lease cannot be closed keeps its failure and has the other attached") {
        busy("body") { pool, read ->
            val failure =
                shouldThrow<PlannedFailure> {
                    pool.withLease(1.MiB) { lease ->
                        read(lease)
                        throw PlannedFailure()
                    }
                }
            failure.suppressed.map { it.javaClass } shouldBe listOf(MemoryBusyException::class.java)
        }
    }

    test("a block that returns while its lease cannot be closed fails") {
        busy("return") { pool, read ->
            shouldThrow<MemoryBusyException> { pool.withLease(1.MiB) { lease -> read(lease) } }
            pool.stats().used shouldBe 1.MiB
        }
    }

    test("a scope whose body throws while a lease cannot be closed keeps the failure, and closes the others") {
        busy("scope") { pool, read ->
            lateinit var others: List<SharedLease>
            val failure = shouldThrow<PlannedFailure> {
                memoryScope(pool) {
                    others = listOf(rent(10), rent(1.MiB).also { read(it) }, rent(10))
                    defer { throw IllegalArgumentException("deferred") }
                    throw PlannedFailure()
                }
            }
            failure.suppressed.map { it.javaClass } shouldBe
                listOf(IllegalArgumentException::class.java, MemoryBusyException::class.java)
            others.map { it.isClosed } shouldBe listOf(true, false, true)
            pool.stats().used shouldBe 1.MiB
        }
    }

    test("a scope whose body returns throws the first failure of its end, with the others attached") {
        busy("end") { pool, read ->
            val failure = shouldThrow<MemoryBusyException> {
                memoryScope(pool) {
                    defer { throw IllegalArgumentException("deferred") }
                    read(rent(1.MiB))
                }
            }
            failure.suppressed.map { it.message } shouldBe listOf("deferred")
        }
    }

    test("a lease that cannot be closed when its job completes is closed later") {
        busy("job") { pool, read ->
            val job = Job()
            val lease = pool.leaseIn(job, 1.MiB)
            read(lease)
            job.complete()
            lease.isClosed shouldBe false
        }
    }

    test("no close of a busy lease returns while another close of it is being refused") {
        busy("silent") { pool, read ->
            val lease = pool.rent(1.MiB)
            val end = read(lease)
            val silent = AtomicInteger()
            coroutineScope {
                repeat(2) {
                    launch(Dispatchers.Default) {
                        repeat(Effort.times(20_000)) {
                            try {
                                lease.close()
                                silent.incrementAndGet()
                            } catch (_: MemoryBusyException) {
                                // It is busy, and this one knows.
                            }
                        }
                    }
                }
            }
            silent.get() shouldBe 0
            lease.isClosed shouldBe false
            end()
            lease.close()
        }
    }

    test("closes of a busy lease from several sides at once neither lose it nor end it twice") {
        val said = logged("BUSY: ") {
            runBlocking {
                busy("sides") { pool, read ->
                    repeat(Effort.times(200)) {
                        val job = Job()
                        val failure = shouldThrowAny {
                            memoryScope(pool) {
                                val lease = pool.leaseIn(job, 1.MiB)
                                val reading = read(lease)
                                val closers = List(3) {
                                    launch(Dispatchers.Default) {
                                        try {
                                            lease.close()
                                        } catch (_: MemoryBusyException) {
                                            // It is busy.
                                        }
                                    }
                                }
                                job.complete()
                                closers.joinAll()
                                reading()
                            }
                            throw PlannedFailure()
                        }
                        (failure is PlannedFailure || failure is MemoryBusyException) shouldBe true
                    }
                }
            }
        }
        said.filter { "pool 'sides'" !in it }.shouldBeEmpty()
    }
})

/** Runs [body] with a way to let a thread read into a lease until the body ends; then all comes back by itself. */
private suspend fun busy(name: String, body: suspend (SuspendingPool, (SharedLease) -> (() -> Unit)) -> Unit) {
    over(MemoryPool.isolated(name), 4.MiB) { pool ->
        val reads = ArrayList<Reading>()
        try {
            body(pool) { lease -> Reading(lease).also { reads += it }::end }
        } finally {
            reads.forEach { it.end() }
        }
    }
}
