package dev.leasehold.memory.coroutines.contract.lease

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.chunkedWithLeases
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.readLeases
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.withLeases
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.future.await
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import java.nio.file.Files
import java.util.stream.Stream
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.minutes
import dev.leasehold.memory.dsl.memoryScope as plainScope

/** Puts the line that asks into the first, and the lease, which is closed by then or soon, into the second. */
private class Asked {
    var line = 0
    lateinit var lease: SharedLease
}

/** The line of the caller. Internal, because a private one is called through another method. */
internal fun here(): Int = StackWalker.getInstance().walk { frames -> frames.skip(1).findFirst().get().lineNumber }

private val FILE = Files.createTempFile("sites", ".bin").also { Files.write(it, ByteArray(10)) }

/** Every way to a lease that may wait. */
private val WAITING: Map<String, suspend Asked.(SuspendingPool) -> Unit> = mapOf(
    "rent" to { pool ->
        line = here() + 1
        pool.rent(10).use { lease = it }
    },
    "rent behind a suspension" to { pool ->
        delay(1)
        line = here() + 1
        pool.rent(10).use { lease = it }
    },
    "rent with a timeout" to { pool ->
        line = here() + 1
        pool.rent(10, 1.minutes).use { lease = it }
    },
    "rentOrNull" to { pool ->
        line = here() + 1
        pool.rentOrNull(10, 1.minutes)?.use { lease = it }
    },
    "rentAll" to { pool ->
        line = here() + 1
        pool.rentAll(10, 10).use { (_, second) -> lease = second }
    },
    "leaseIn" to { pool ->
        line = here() + 1
        pool.leaseIn(currentCoroutineContext().job, 10).use { lease = it }
    },
    "withLease" to { pool ->
        line = here() + 1
        pool.withLease(10) {
            delay(1)
            lease = it
        }
    },
    "withLease with a timeout" to { pool ->
        line = here() + 1
        pool.withLease(10, 1.minutes) { lease = it }
    },
    "a memory scope" to { pool ->
        memoryScope(pool) {
            line = here() + 1
            lease = rent(10)
        }
    },
    "a child of a memory scope" to { pool ->
        memoryScope(pool) {
            launch(Dispatchers.IO) {
                line = here() + 1
                lease = rent(10, 1.minutes)
            }
        }
    },
    "a flow with leases" to { pool ->
        line = here() + 1
        val leases = flowOf(1).withLeases(pool, 10) { _, lease -> lease }
        leases.collect { lease = it }
    },
    "a flow with leases for chunks" to { pool ->
        line = here() + 1
        val leases = flowOf(1).chunkedWithLeases(1, pool, 10) { _, lease -> lease }
        leases.collect { lease = it }
    },
    "a file that is read" to { pool ->
        line = here() + 1
        val parts = FILE.readLeases(pool, 10)
        parts.collect { lease = it.lease }
    },
    "rentBlocking" to { pool ->
        line = here() + 1
        pool.rentBlocking(10, 1.minutes).use { lease = it }
    },
    "rentAsync" to { pool ->
        line = here() + 1
        val future = pool.rentAsync(10)
        future.await().use { lease = it }
    },
)

/** The others. */
private val AT_ONCE: Map<String, suspend Asked.(SuspendingPool) -> Unit> = mapOf(
    "tryRent" to { pool ->
        line = here() + 1
        pool.tryRent(10)?.use { lease = it }
    },
    "rentShared of a plain pool" to { pool ->
        line = here() + 1
        pool.pool.rentShared(10).use { lease = it }
    },
    "withLease of a plain pool" to { pool ->
        line = here() + 1
        pool.pool.withLease(10) { lease = it }
    },
    "a memory scope over a plain pool" to { pool ->
        plainScope(pool.pool) {
            line = here() + 1
            lease = pool.pool.rentShared(10)
        }
    },
    "a stream of the platform's" to { pool ->
        line = here() + 1
        val rented = Stream.of(10L).map(pool.pool::rentShared).toList()
        rented.single().use { lease = it }
    },
)

/** Where a traced lease was asked for, as its messages say, however long it waited and whichever thread served it. */
class RentSiteSpec : FunSpec() {
    init {
        for ((name, way) in WAITING) {
            test("$name names the line that asked when it waited in the line") {
                traced { memory, pool ->
                    val all = pool.rent(CAPACITY)
                    blocked(way, pool, { pool.stats().waiters == 1 }, all::close)
                    memory.stats().used shouldBe 0
                }
            }

            test("$name names the line that asked when it waited for the pool below") {
                traced { memory, pool ->
                    val all = memory.rentShared(CAPACITY)
                    blocked(way, pool, { memory.stats().waiters == 1 }, all::close)
                }
            }
        }

        for ((name, way) in WAITING + AT_ONCE) {
            test("$name names the line that asked when it did not wait") {
                traced { _, pool -> check(Asked().also { it.way(pool) }) }
            }
        }

        test("a confined lease that a scope's inline function rented names the line that was written") {
            MemoryPool.isolated("sites") { traceSites = true }.use { memory ->
                var line = 0
                val lease = plainScope(memory) {
                    line = here() + 1
                    memory.rent(10)
                }
                shouldThrow<LeaseClosedException> { lease.segment }.message!! shouldMatch
                    Regex(".*; rented at .*\\(RentSiteSpec\\.kt:$line\\); closed at .*\\(RentSiteSpec\\.kt:.*")
            }
        }
    }

    private suspend fun traced(body: suspend (MemoryPool, SuspendingPool) -> Unit) {
        MemoryPool.isolated("sites") {
            traceSites = true
            limit = CAPACITY
        }.use { memory -> SuspendingPool(memory, CAPACITY).use { body(memory, it) } }
    }

    /** Runs [way], which has to wait until [free] is called on another thread. */
    private suspend fun blocked(
        way: suspend Asked.(SuspendingPool) -> Unit,
        pool: SuspendingPool,
        waits: () -> Boolean,
        free: () -> Unit,
    ): Unit = coroutineScope {
        val asked = Asked()
        val asking = async(Dispatchers.Default) { asked.way(pool) }
        until("it waits", waits)
        thread(name = "closer") { free() }.join()
        asking.await()
        check(asked)
    }

    private fun check(asked: Asked) {
        shouldThrow<LeaseClosedException> { asked.lease.keptSegment }.message!! shouldMatch
            Regex(
                "SharedLease of 10 bytes .*; rented at .*\\(RentSiteSpec\\.kt:${asked.line}\\)( for .*)?; closed at .*",
            )
    }

    private companion object {
        const val CAPACITY = 64L * 1024
    }
}
