package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeoutOrNull
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

class CrowdSpec : FunSpec({
    test("one client is answered under a small limit, at its own pace") {
        val figures = serve(clients = 1, slow = 1, rows = 40) { delay(300.milliseconds) }
        figures.waited shouldBe 0
    }

    test("a hundred clients, half of them slow, get the heap version's answers under a small limit") {
        val figures = serve(clients = 100, slow = 50, rows = 20_000) { service ->
            withTimeoutOrNull(2.minutes) { while (service.figures().connections < 50) delay(1.milliseconds) }
        }
        // All connect first; but the service may have answered a fast one before it accepts the last.
        figures.connections shouldBeInRange 50L..100L
    }

    test("forty clients that need large tables, of which there is one, wait for each other") {
        val figures = serve(clients = 40, slow = 10, rows = 40_000, stations = 3000) { service ->
            withTimeoutOrNull(2.minutes) { while (service.figures().mostWaiting == 0L) delay(1.milliseconds) }
        }
        figures.waited shouldBeGreaterThan 0
    }

    test("five thousand clients at once, some of them slow, stay under a small limit, and most have to wait") {
        val figures = serve(clients = 5000, slow = 500, rows = 20_000) { service ->
            withTimeoutOrNull(2.minutes) { while (service.figures().mostWaiting <= 1000) delay(1.milliseconds) }
        }
        figures.waited shouldBeGreaterThan 1000
        figures.connections shouldBeInRange figures.mostWaiting..5000L
    }
})

/**
 * Runs a crowd, whose slow clients are slow until [patience] has seen enough of the service, against one with 8 MiB, and holds its
 * answers, its limit and its pools to what they should be.
 */
private fun serve(
    clients: Int,
    slow: Int,
    rows: Long,
    stations: Int = 413,
    patience: suspend (CoroutineService) -> Unit,
): MemoryFigures {
    val workload = GeneratedRows(rows, clients, seed = 7, StationNames.make(stations))
    FileHandles.check(workload)
    return MemoryPool.isolated("clients").use { clientPool ->
        ServiceMemory.limitedTo(8.MiB).use { memory ->
            val (outcome, figures) = run(workload, slow, clientPool, memory, patience)
            val expected = HeapAnswers.of(workload, clientPool)
            outcome.answers shouldBe expected.each
            outcome.total shouldBe expected.total
            outcome.rows shouldBe rows
            memory.pools.forEach { it.stats().used shouldBe 0 }
            clientPool.stats().used shouldBe 0
            figures.peak shouldBeLessThanOrEqual 8.MiB
            figures.peak shouldBe memory.peak
            figures
        }
    }
}

private fun run(
    workload: Workload,
    slow: Int,
    clientPool: MemoryPool,
    memory: ServiceMemory,
    patience: suspend (CoroutineService) -> Unit,
): Pair<Outcome, MemoryFigures> {
    lateinit var service: CoroutineService
    var figures: MemoryFigures? = null
    val quiet = Progress("crowd", PrintStream(ByteArrayOutputStream()), terminal = false)
    val outcome = GcWatch().use { watch ->
        val trial = Trial(clientPool, watch) { patience(service) }
        trial.run(workload, slow, quiet, { CoroutineService(memory).also { service = it } }) { figures = it.figures() }
    }
    return outcome to checkNotNull(figures)
}
