package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.io.ByteArrayOutputStream
import java.io.PrintStream

class CrowdSpec : FunSpec({
    test("one client is answered under a small limit, at its own pace") {
        val figures = serve(clients = 1, slow = 1, rows = 40)
        figures.waited shouldBe 0
    }

    test("a hundred clients, half of them slow, get the heap version's answers under a small limit") {
        val figures = serve(clients = 100, slow = 50, rows = 20_000)
        figures.connections shouldBe 100
    }

    test("a hundred slow clients that need large tables of which there are few wait for each other") {
        val figures = serve(clients = 100, slow = 20, rows = 100_000, stations = 9_000)
        figures.waited shouldBeGreaterThan 0
    }

    test("five thousand clients at once, some of them slow, stay under a small limit, and most have to wait") {
        val figures = serve(clients = 5000, slow = 500, rows = 20_000)
        figures.connections shouldBe 5000
        figures.waited shouldBeGreaterThan 1000
    }
})

/** Runs a crowd against a service with 8 MiB, and holds its answers, its limit and its pools to what they should be. */
private fun serve(clients: Int, slow: Int, rows: Long, stations: Int = 413): MemoryFigures {
    val plan = MemoryPlan(8.MiB)
    val workload = GeneratedRows(rows, clients, seed = 7, StationNames.make(stations))
    FileHandles.check(workload)
    var figures: MemoryFigures? = null
    MemoryPool.isolated("clients").use { clientPool ->
        plan.makePool("crowd").use { pool ->
            val outcome = GcWatch().use { watch ->
                val quiet = Progress("crowd", PrintStream(ByteArrayOutputStream()), terminal = false)
                Trial(clientPool, watch).run(workload, slow, quiet, { CoroutineService(pool, plan) }) {
                    figures = it.figures()
                }
            }
            val expected = HeapAnswers.of(workload, clientPool)
            outcome.answers shouldBe expected.each
            outcome.total shouldBe expected.total
            outcome.rows shouldBe rows
            pool.stats().used shouldBe 0
            pool.stats().peak shouldBeLessThanOrEqual plan.limit
        }
        clientPool.stats().used shouldBe 0
    }
    return checkNotNull(figures)
}
