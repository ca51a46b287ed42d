package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope

class PoolTurnSpec : FunSpec({
    fun chunks() = MemoryPool.fixed("chunks", 100, 4)

    test("a rent whose bytes are granted waits for the pool below, and goes on when that has memory") {
        over(chunks(), 300) { pool ->
            val others = List(4) { pool.pool.rentShared(1) }
            coroutineScope {
                val waiting = launch(Dispatchers.Default) { pool.withLease(100) { it.size shouldBe 100 } }
                until("it waits below") { pool.pool.stats().waiters == 1 }
                pool.stats().used shouldBe 100
                others[2].close()
                waiting.join()
            }
            others.forEach { it.close() }
        }
    }

    test("one that is cancelled while it waits for the pool below leaves that, and gives its bytes back") {
        over(chunks(), 300) { pool ->
            val others = List(4) { pool.pool.rentShared(1) }
            for (rent in listOf<suspend () -> Unit>({
                pool.withLease(9) {}
            }, { pool.rent(9).close() }, { pool.rentAll(9, 9).close() })) {
                coroutineScope {
                    val waiting = launch(Dispatchers.Default) { rent() }
                    until("it waits below") { pool.pool.stats().waiters == 1 }
                    waiting.cancelAndJoin()
                    until("it has left") { pool.pool.stats().waiters == 0 && pool.stats().used == 0L }
                }
            }
            others.forEach { it.close() }
        }
    }

    test("a close of the suspending pool also fails what waits for the pool below") {
        over(chunks(), 300) { pool ->
            val others = List(4) { pool.pool.rentShared(1) }
            supervisorScope {
                val rents = listOf<suspend () -> Unit>(
                    { pool.withLease(9) {} },
                    { pool.rent(9).close() },
                    { pool.rentAll(9, 9).close() },
                    { pool.rentAll(9, 9).close() },
                )
                val waiting = rents.map { rent -> async(Dispatchers.Default) { rent() } }
                until("they wait below") { pool.pool.stats().waiters == 3 && pool.stats().used == 54L }
                pool.close()
                waiting.forEach {
                    shouldThrow<PoolClosedException> { it.await() }.message shouldBe
                        "the suspending pool over 'chunks' is closed: rent from one that is open"
                }
                until("all is back") { pool.stats().used == 0L }
            }
            others.forEach { it.close() }
        }
    }

    test("several blocks at once wait though their sum is more than one chunk") {
        over(chunks(), 300) { pool ->
            coroutineScope {
                val first = pool.rent(100)
                val second = pool.rent(100)
                val waiting = launch(Dispatchers.Default) { pool.rentAll(80, 80).use { it.size shouldBe 2 } }
                until("it waits in the line") { pool.stats().waiters == 1 }
                first.close()
                waiting.join()
                second.close()
            }
        }
    }

    test("two groups that need all chunks take turns, and neither waits for what the other has in hand") {
        over(chunks(), 400) { pool ->
            coroutineScope {
                repeat(8) {
                    launch(Dispatchers.Default) {
                        repeat(Effort.times(50)) { pool.rentAll(1, 1, 1).use { all -> all.size shouldBe 3 } }
                    }
                }
            }
        }
    }

    test("a closed pool below refuses at once, also when others have the bytes") {
        val memory = MemoryPool.isolated("below")
        val pool = SuspendingPool(memory, 100)
        val lease = pool.rent(80)
        shouldThrow<dev.leasehold.memory.OutstandingLeasesException> { memory.close() }
        for (rent in listOf<suspend () -> Unit>({
            pool.withLease(30) {}
        }, { pool.rent(30) }, { pool.tryRent(30) }, { pool.rentAll(15, 15) })) {
            shouldThrow<PoolClosedException> { rent() }.message shouldBe
                "pool 'below' is closed: rent from a pool that is open"
        }
        lease.close()
        pool.stats().used shouldBe 0
    }
})
