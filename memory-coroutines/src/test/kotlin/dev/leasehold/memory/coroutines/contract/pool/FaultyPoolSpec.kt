package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.testing.FaultScript
import dev.leasehold.memory.testing.FaultyMemory
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import java.util.concurrent.ExecutionException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** Suspending pools over memory that is refused by script. */
class FaultyPoolSpec : FunSpec() {
    /** Over a pool without a limit, where no wait can help. */
    private suspend fun unlimited(script: FaultScript.() -> Unit, test: suspend (SuspendingPool) -> Unit) =
        FaultyMemory(script).pool("buffers").use { below ->
            SuspendingPool(below, capacity = 1.MiB).use { test(it) }
            below.stats().used shouldBe 0
        }

    /** Over a pool with a limit, in whose line what is refused waits. */
    private suspend fun limited(faulty: FaultyMemory, test: suspend (SuspendingPool) -> Unit) =
        faulty.pool("buffers") { limit = 4.MiB }.use { below ->
            SuspendingPool(below, capacity = 1.MiB).use { pool ->
                test(pool)
                pool.stats().used shouldBe 0
            }
            below.stats().used shouldBe 0
        }

    private suspend fun waiting(pool: SuspendingPool, rent: suspend CoroutineScope.() -> Unit): Deferred<Unit> {
        val work = CoroutineScope(Dispatchers.Default).async(block = rent)
        await("a rent that waits below", pause = { delay(1) }) { pool.pool.stats().waiters == 1 }
        return work
    }

    init {
        test("every suspending rent is refused where no wait can help, and loses none of its bytes") {
            unlimited({ refuseAll() }) { pool ->
                shouldThrow<MemoryExhaustedException> { pool.withLease(100) {} }
                shouldThrow<MemoryExhaustedException> { pool.rent(100) }
                shouldThrow<MemoryExhaustedException> { pool.rent(100, 1.minutes) }
                shouldThrow<MemoryExhaustedException> { pool.rentOrNull(100, 1.minutes) }
                shouldThrow<MemoryExhaustedException> { pool.rentBlocking(100, 1.minutes) }
                shouldThrow<ExecutionException> { pool.rentAsync(100).get() }
                    .cause.shouldBeInstanceOf<MemoryExhaustedException>()
                shouldThrow<MemoryExhaustedException> { memoryScope(pool) { rent(100) } }
                pool.tryRent(100).shouldBeNull()
                pool.stats().used shouldBe 0
            }
        }

        test("only the chosen rent of a scope is refused, and the scope gives the others back") {
            unlimited({ refuse(call = 3) }) { pool ->
                val rented = ArrayList<SharedLease>()
                shouldThrow<MemoryExhaustedException> {
                    memoryScope(pool) { repeat(5) { rented += rent(100) } }
                }.message shouldBe "pool 'buffers': 100 bytes requested, and call 3 is refused by the script of its " +
                    "FaultyMemory: change the script to let it through"
                rented.map { it.isClosed } shouldBe listOf(true, true)
                pool.stats().used shouldBe 0
            }
        }

        test("under a limit a refused rent waits, and its timeout ends that") {
            limited(FaultyMemory { refuseAll() }) { pool ->
                shouldThrow<RentTimeoutException> { pool.rent(100, 20.milliseconds) }
                shouldThrow<RentTimeoutException> { pool.rentBlocking(100, 20.milliseconds) }
                shouldThrow<RentTimeoutException> { pool.withLease(100, 20.milliseconds) {} }
                pool.rentOrNull(100, 20.milliseconds).shouldBeNull()
                pool.tryRent(100).shouldBeNull()
            }
        }

        test("under a limit another script serves what waits") {
            val faulty = FaultyMemory { refuse(call = 1) }
            limited(faulty) { pool ->
                val work = waiting(pool) { pool.withLease(100) { it.size shouldBe 100 } }
                faulty.script {}
                work.await()
            }
        }

        test("under a limit a cancellation ends the wait, and loses nothing") {
            limited(FaultyMemory { refuse(call = 1) }) { pool ->
                coroutineScope {
                    val work = waiting(pool) { pool.rent(100).close() }
                    work.cancelAndJoin()
                    pool.pool.stats().waiters shouldBe 0
                    pool.rent(100).close()
                }
            }
        }
    }
}
