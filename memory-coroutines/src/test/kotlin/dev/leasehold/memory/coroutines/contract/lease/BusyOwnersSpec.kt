package dev.leasehold.memory.coroutines.contract.lease

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.support.PlannedFailure
import dev.leasehold.memory.coroutines.support.Reading
import dev.leasehold.memory.coroutines.support.Using
import dev.leasehold.memory.coroutines.support.Work
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.withLeases
import dev.leasehold.memory.dsl.MemoryScope
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration.Companion.seconds
import dev.leasehold.memory.dsl.memoryScope as plainScope

/** How an owner ends while [begin] keeps one of its leases, of [SIZE] bytes, busy. */
private typealias Ending = suspend (pool: SuspendingPool, begin: (SharedLease) -> Unit) -> Unit

/** Every owner that closes leases for the user, and what messages call it. */
private val OWNERS: Map<Pair<String, String>, Ending> = mapOf(
    ("memoryScope" to "memory scope at BusyOwnersSpec\\.kt:\\d+ \\(.*\\)") to
        { pool, begin -> plainScope(pool.pool) { begin(pool.pool.rentShared(SIZE)) } },
    ("memoryScope with a name and others in it" to "memory scope 'request' at BusyOwnersSpec\\.kt:\\d+ \\(.*\\)") to
        { pool, begin ->
            plainScope(pool.pool, "request") {
                pool.pool.rent(10).segment.zero()
                begin(pool.pool.rentShared(SIZE))
                allocate(10).zero()
            }
        },
    ("MemoryScope.open" to "memory scope 'java'") to
        { pool, begin -> MemoryScope.open(pool.pool, "java").use { begin(it.rentShared(pool.pool, SIZE)) } },
    ("withLease of a plain pool" to "its withLease") to { pool, begin -> pool.pool.withLease(SIZE) { begin(it) } },
    ("withLease" to "its withLease") to { pool, begin -> pool.withLease(SIZE) { begin(it) } },
    ("withLease with a timeout" to "its withLease") to { pool, begin -> pool.withLease(SIZE, 1.seconds) { begin(it) } },
    ("a suspending memoryScope" to "memory scope 'upload' of a coroutine \\(.*\\)") to
        { pool, begin -> memoryScope(pool, "upload") { begin(rent(SIZE)) } },
    ("a scope that a plain lease was moved to" to "a memory scope of a coroutine \\(.*\\)") to
        { pool, begin -> memoryScope(pool) { begin(pool.pool.rentShared(SIZE).move(this)) } },
    ("rentAll" to "the leases that it was rented with") to
        { pool, begin -> pool.rentAll(10, SIZE, 10).use { (_, lease, _) -> begin(lease) } },
    ("a consumer of a channel" to "the block that it was handed to") to
        { pool, begin ->
            val channel = leaseChannel(1)
            channel.send(pool.rent(SIZE))
            channel.close()
            channel.consumeLeases { begin(it) }
        },
    ("a collector of a channel" to "the block that it was handed to") to
        { pool, begin ->
            val channel = leaseChannel(1)
            channel.send(pool.rent(SIZE))
            channel.close()
            channel.receiveAsFlow().collect { begin(it) }
        },
    ("a flow" to "the block that it was handed to") to
        { pool, begin -> flowOf(1).withLeases(pool, SIZE) { _, lease -> lease }.collect { begin(it) } },
    ("a flow behind a buffer" to "the block that it was handed to") to
        { pool, begin ->
            flowOf(1).withLeases(pool, SIZE) { _, lease -> lease }.bufferLeases(2).collect { begin(it) }
        },
    ("a channel that is cancelled" to "a channel that did not deliver it") to
        { pool, begin ->
            val channel = leaseChannel(1)
            channel.send(pool.rent(SIZE).also(begin))
            channel.cancel()
        },
    ("a channel that is closed" to "a channel that did not deliver it") to
        { pool, begin ->
            val channel = leaseChannel(1).also { it.close() }
            val lease = pool.rent(SIZE).also(begin)
            shouldThrow<ClosedSendChannelException> { channel.send(lease) }
        },
    ("a channel that drops" to "a channel that did not deliver it") to
        { pool, begin ->
            val channel = leaseChannel(1, BufferOverflow.DROP_OLDEST)
            channel.send(pool.rent(SIZE).also(begin))
            channel.send(pool.rent(10))
            channel.receive().close()
        },
    ("a job" to "JobImpl\\{Completed\\}@.*") to
        { pool, begin -> Job().also { begin(pool.leaseIn(it, SIZE)) }.complete() shouldBe true },
    ("a job that a plain lease was moved to" to "JobImpl\\{Completed\\}@.*") to
        { pool, begin -> Job().also { begin(pool.pool.rentShared(SIZE).move(it)) }.complete() shouldBe true },
)

private const val SIZE = 2L * 1024 * 1024

/** One contract for every owner that closes for the user: what happens when work still uses what it is to close. */
class BusyOwnersSpec : FunSpec() {
    init {
        for ((owner, ending) in OWNERS) {
            val (name, inMessages) = owner

            test("$name says what a channel's read kept open, and closes it as soon as that has ended") {
                val said = whileBusy(ending, ::Reading)
                said shouldHaveSize 1
                said.single() shouldMatch Regex(
                    "SharedLease of 2,097,152 bytes from pool 'busy' is still in use by a native call or an " +
                        "input/output operation at the end of $inMessages: it is closed as soon as that has ended; " +
                        "let the work end first, or rent for an owner that outlives it",
                )
            }

            test("$name closes what another thread uses in withSegment, and its memory goes back at the brace") {
                whileBusy(ending, ::Using).shouldBeEmpty()
            }
        }

        test("a block that fails keeps its failure, and has what was met attached, over every kind of pool") {
            overPool { pool, begin ->
                val failures = listOf(
                    shouldThrow<PlannedFailure> { pool.pool.withLease(SIZE) { failing(it, begin) } },
                    shouldThrow<PlannedFailure> { pool.withLease(SIZE) { failing(it, begin) } },
                    shouldThrow<PlannedFailure> {
                        plainScope(pool.pool) { failing(pool.pool.rentShared(SIZE), begin) }
                    },
                    shouldThrow<PlannedFailure> { pool.rentAll(SIZE).use { (lease) -> failing(lease, begin) } },
                )
                for (failure in failures) {
                    failure.suppressed.map { it.javaClass } shouldBe listOf(MemoryBusyException::class.java)
                }
            }
        }

        test("a lease that its holder closes itself while a scope waits to close it goes back once") {
            overPool { pool, begin ->
                lateinit var lease: SharedLease
                shouldThrow<MemoryBusyException> {
                    pool.withLease(SIZE) {
                        lease = it
                        begin(it)
                    }
                }
                shouldThrow<MemoryBusyException> { lease.close() }.message shouldBe
                    "SharedLease of 2,097,152 bytes from pool 'busy' is in use by a native call or an input/output " +
                    "operation, or by a withSegment on another thread: close or transfer it when that has ended"
                pool.stats().used shouldBe SIZE
            }
        }
    }

    private fun failing(lease: SharedLease, begin: (SharedLease) -> Unit) {
        begin(lease)
        throw PlannedFailure()
    }

    /** What the message says when [ending] meets [work] of a lease, by an exception or the log. */
    private fun whileBusy(ending: Ending, work: (SharedLease) -> Work): List<String> {
        val said = ArrayList<String>()
        val logged = logged("BUSY: ") {
            overPool(work) { pool, begin ->
                try {
                    ending(pool, begin)
                } catch (refusal: MemoryBusyException) {
                    refusal.ownerName shouldBe "busy"
                    refusal.size shouldBe SIZE
                    said += refusal.message!!
                }
                pool.pool.stats().used shouldBe SIZE
            }
        }
        return said + logged.map { it.removePrefix("BUSY: ") }
    }

    /** Runs [body] with a way to keep a lease busy; then the work ends, and all is back soon. */
    private fun overPool(
        work: (SharedLease) -> Work = ::Reading,
        body: suspend (SuspendingPool, (SharedLease) -> Unit) -> Unit,
    ) {
        MemoryPool.isolated("busy").use { memory ->
            val pool = SuspendingPool(memory, 16.MiB)
            val working = ArrayList<Work>()
            try {
                runBlocking { body(pool) { working += work(it) } }
            } finally {
                working.forEach { it.end() }
            }
            await("all is back: ${pool.stats()}") { memory.stats().used == 0L && pool.stats().used == 0L }
        }
    }
}
