package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.rent
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration.Companion.milliseconds

class CrowdSpec : FunSpec({
    test("a hundred clients get the answers of the heap under a small limit") {
        withService { serve(GeneratedRows(20_000, clients = 100, seed = 7)) }
    }

    test("forty clients that need large tables, of which there is one, wait for each other") {
        withService {
            val holder = connect().apply { send(List(1000) { "s$it;1.0\n" }.joinToString("")) }
            await("it has the large table") { memory.largeTables.stats().used > 0 }
            serve(GeneratedRows(40_000, clients = 40, seed = 7, stations = 3000)) {
                awaitWaiters(memory.largeTables, 0)
                finish(holder) shouldStartWith "{s0=1.0/1.0/1.0, s1=1.0/1.0/1.0, "
            }
            memory.largeTables.stats().waits.served shouldBeGreaterThan 0
        }
    }

    test("two thousand clients at once stay under a small limit, and most of them wait until others give memory back") {
        withService {
            val holders = holders(memory.served.toInt())
            serve(GeneratedRows(20_000, clients = 2000, seed = 7)) {
                awaitWaiters(memory.connections, 1000)
                holders.forEach { finish(it) shouldBe LINE_ANSWER }
            }
        }
    }
})

/** Waits until more than [count] wait for bytes of [pool]; other coroutines run meanwhile. */
private suspend fun awaitWaiters(pool: SuspendingPool, count: Int): Unit =
    await("more than $count wait", pause = { delay(1.milliseconds) }) { pool.stats().waiters > count }

/** Has all of [rows] sent, runs [meanwhile], and holds the answers to those of the heap. */
private fun ServiceFixture.serve(rows: Rows, meanwhile: suspend () -> Unit = {}) {
    MemoryPool.isolated("clients").use { pool ->
        // Room for all of them at the same time, so that it is the memory of the service that they wait for.
        val clients = Clients(service.port, SuspendingPool(pool, 1024.MiB))
        val answers = runBlocking(Dispatchers.Default) {
            val sending = async { clients.send(rows) }
            meanwhile()
            sending.await()
        }
        pool.rent(100_000).use { buffer ->
            answers shouldBe List(rows.clients) { HeapCheck().apply { addAll(rows.open(it), buffer.segment) }.answer() }
        }
        pool.stats().used shouldBe 0
    }
}
