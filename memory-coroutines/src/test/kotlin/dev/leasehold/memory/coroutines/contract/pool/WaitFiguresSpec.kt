package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.OwnerState
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import jdk.jfr.Recording
import jdk.jfr.consumer.RecordingFile
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeoutOrNull
import java.lang.ref.WeakReference
import java.nio.file.Files
import java.time.Duration
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

class WaitFiguresSpec : FunSpec() {
    init {
        test("each wait in the line counts once, by how it ended, in whatever way it was made") {
            over("waits", 100) { pool ->
                val held = pool.rent(100)
                endWaits(pool)
                ended(pool.stats().waits) shouldBe listOf(0L, 4L, 3L, 0L)
                pool.stats().waits.longestNanos shouldBeGreaterThanOrEqual 20_000_000
                coroutineScope {
                    val waiting = launch { pool.withLease(100) {} }
                    until("it waits") { pool.stats().waiters == 1 }
                    held.close()
                    waiting.join()
                }
                ended(pool.stats().waits) shouldBe listOf(1L, 4L, 3L, 0L)
                // What does not wait counts nothing.
                repeat(100) { pool.withLease(100) {} }
                val last = pool.rent(100)
                supervisorScope {
                    val refused = launch { shouldThrow<PoolClosedException> { pool.withLease(100) {} } }
                    until("it waits") { pool.stats().waiters == 1 }
                    pool.close()
                    refused.join()
                }
                last.close()
                ended(pool.stats().waits) shouldBe listOf(1L, 4L, 3L, 1L)
                pool.pool.stats().waits.count shouldBe 0
            }
        }

        test("a wait in the line of the pool below counts there, by how it ended") {
            over(MemoryPool.fixed("chunks", 100, 1), 1000) { pool ->
                val other = pool.pool.rentShared(1)
                endWaits(pool)
                ended(pool.pool.stats().waits) shouldBe listOf(0L, 4L, 3L, 0L)
                coroutineScope {
                    val waiting = launch { pool.withLease(100) {} }
                    until("it waits") { pool.pool.stats().waiters == 1 }
                    other.close()
                    waiting.join()
                }
                ended(pool.pool.stats().waits) shouldBe listOf(1L, 4L, 3L, 0L)
                val again = pool.pool.rentShared(1)
                supervisorScope {
                    val refused = launch { shouldThrow<PoolClosedException> { pool.withLease(100) {} } }
                    until("it waits") { pool.pool.stats().waiters == 1 }
                    pool.close()
                    refused.join()
                }
                again.close()
                ended(pool.pool.stats().waits) shouldBe listOf(1L, 4L, 3L, 1L)
                pool.stats().waits.count shouldBe 0
            }
        }

        test("cancellations that race with grants are as many ends as there were waits") {
            over("races", 100) { pool ->
                val random = Random(Effort.seed("wait figures"))
                val runs = AtomicLong()
                var waits = 0L
                repeat(Effort.times(300)) {
                    val held = pool.rent(100)
                    coroutineScope {
                        val waiting = List(8) {
                            launch(Dispatchers.Default) { pool.withLease(100) { runs.incrementAndGet() } }
                        }
                        until("all wait") { pool.stats().waiters == 8 }
                        waits += 8
                        val victims = waiting.shuffled(random).take(4)
                        launch(Dispatchers.Default) { held.close() }
                        launch(Dispatchers.Default) { victims.forEach { it.cancel() } }
                        waiting.joinAll()
                    }
                    pool.stats().waits.let {
                        it.served + it.cancelled shouldBe waits
                        it.count shouldBe waits
                        it.distribution.values.sum() shouldBe waits
                    }
                }
                // One that was cancelled between its grant and its run has been served.
                pool.stats().waits.served shouldBeGreaterThanOrEqual runs.get()
                pool.stats().waits.served shouldBeGreaterThanOrEqual waits / 2
            }
        }

        test("a suspending pool stands below its pool in snapshots, in the table and in the JSON") {
            val app = MemoryBudget("waits app")
            val memory = MemoryPool.isolated("uploads") { budget = app }
            val pool = SuspendingPool(memory, 1000)
            val lease = pool.rent(300)
            coroutineScope {
                val waiting = launch { pool.withLease(800) {} }
                until("it waits") { pool.stats().waiters == 1 }
                val shot = MemorySnapshot.take(app)
                with(shot.pools.single().suspendingPools.single()) {
                    state shouldBe OwnerState.OPEN
                    listOf(capacity, used) shouldBe listOf(1000L, 300L)
                    waiters shouldBe 1
                    waits shouldBe pool.stats().waits
                }
                shot.toTree() shouldContain "└─ suspending uploads "
                val page = Files.createTempFile("report", ".html")
                MemoryReport.html(page, app)
                Files.readString(page) shouldContain "<bdi>uploads</bdi><small> suspending</small>"
                Files.delete(page)
                shot.toJson() shouldContain
                    "\"capacity\": 1000,\n            \"used\": 300,\n            \"waiters\": 1,"
                waiting.cancelAndJoin()
            }
            pool.close()
            MemorySnapshot.take(app).pools.single().suspendingPools.map { it.state } shouldContainExactly
                listOf(OwnerState.CLOSED)
            lease.close()
            MemorySnapshot.take(app).pools.single().suspendingPools.shouldBeEmpty()
            memory.close()
            app.close()
        }

        test("a suspending pool that was forgotten is kept by no list") {
            val app = MemoryBudget("forgetful app")
            val memory = MemoryPool.isolated("forgetful") { budget = app }
            val dropped = dropped(memory)
            await("it is garbage") {
                System.gc()
                dropped.get() == null && MemorySnapshot.take(app).pools.single().suspendingPools.isEmpty()
            }
            memory.close()
            app.close()
        }

        test("waits are in recordings of the flight recorder, with their lengths and ends") {
            val file = Files.createTempFile("waits", ".jfr")
            val started = System.nanoTime()
            Recording().use { recording ->
                recording.enable("dev.leasehold.Wait").withThreshold(Duration.ZERO)
                recording.start()
                over("recorded waits", 100) { pool ->
                    val held = pool.rent(100)
                    endWaits(pool)
                    coroutineScope {
                        val waiting = launch { pool.withLease(100) {} }
                        until("it waits") { pool.stats().waiters == 1 }
                        held.close()
                        waiting.join()
                    }
                }
                recording.stop()
                recording.dump(file)
            }
            val waits = RecordingFile.readAllEvents(file).filter { it.getString("owner") == "recorded waits" }
            waits.map { it.getString("outcome") } shouldContainExactlyInAnyOrder
                List(4) { "timed out" } + List(3) { "cancelled" } + "served"
            waits.map { it.getLong("size") }.distinct() shouldContainExactly listOf(100L)
            // The future's 20 ms begin within its wait, those of withTimeout before it: that wait may be shorter.
            val lengths = waits.map { it.duration.toNanos() }
            lengths.max() shouldBeGreaterThanOrEqual 19_000_000
            lengths.sum() shouldBeLessThanOrEqual System.nanoTime() - started
            Files.delete(file)
        }
    }

    private fun ended(waits: WaitStatistics): List<Long> {
        waits.distribution.values.sum() shouldBe waits.count
        return waits.let { listOf(it.served, it.timedOut, it.cancelled, it.failed) }
    }

    /** Waits in every way at [pool], which has nothing to lend: four time out, and three are cancelled. */
    private suspend fun endWaits(pool: SuspendingPool) {
        fun waiting() = pool.stats().waiters + pool.pool.stats().waiters
        fun ended() = pool.stats().waits.count + pool.pool.stats().waits.count
        val before = ended()
        withTimeoutOrNull(20.milliseconds) { pool.withLease(100) {} } shouldBe null
        shouldThrow<RentTimeoutException> { pool.rent(100, 20.milliseconds) }
        shouldThrow<RentTimeoutException> { pool.rentBlocking(100, 20.milliseconds) }
        runCatching { pool.rentAsync(100).orTimeout(20, TimeUnit.MILLISECONDS).join() }.isFailure shouldBe true
        // Who joins a future goes on before the request of it has left the line.
        await("four have ended") { waiting() == 0 && ended() == before + 4 }
        coroutineScope {
            val waiting = launch { pool.withLease(100) {} }
            until("it waits") { waiting() == 1 }
            waiting.cancelAndJoin()
        }
        val thread = Thread.ofPlatform().start { runCatching { pool.rentBlocking(100, 1.minutes).close() } }
        await("it waits") { waiting() == 1 }
        thread.interrupt()
        thread.join()
        pool.rentAsync(100).cancel(true) shouldBe true
        await("all have ended") { waiting() == 0 && ended() == before + 7 }
    }

    private fun dropped(memory: MemoryPool): WeakReference<SuspendingPool> {
        val pool = SuspendingPool(memory, 1000)
        MemorySnapshot.take(memory.budget).pools.single().suspendingPools.size shouldBe 1
        return WeakReference(pool)
    }
}
