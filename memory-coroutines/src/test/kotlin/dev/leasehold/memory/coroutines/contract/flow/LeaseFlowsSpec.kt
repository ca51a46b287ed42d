package dev.leasehold.memory.coroutines.contract.flow

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.chunkedWithLeases
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.withLeases
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import java.io.IOException
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

@OptIn(ExperimentalCoroutinesApi::class)
class LeaseFlowsSpec : FunSpec() {
    init {
        elements()
        chunks()
        buffers()
    }

    /** Leases of 10 bytes that carry their number. */
    private fun numbered(pool: SuspendingPool, count: Int): Flow<SharedLease> =
        (0 until count).asFlow().withLeases(pool, 10) { number, lease ->
            lease.withSegment { it.setInt(0, number) }
            lease
        }

    private val SharedLease.number get() = withSegment { it.getInt(0) }

    private fun elements() {
        test("each element has a lease of its own size, open until the collector is done with it") {
            lending("elements", 100) { pool ->
                val seen = ArrayList<SharedLease>()
                flowOf("a", "bcd", "ef").withLeases(pool, { it.length.toLong() }) { word, lease ->
                    lease.withSegment { it.fill(word.last().code.toByte()) }
                    lease
                }.collect { lease ->
                    pool.stats().used shouldBe lease.size
                    lease.isClosed shouldBe false
                    seen += lease
                }
                seen.map { it.size } shouldContainExactly listOf(1L, 3L, 2L)
                seen.all { it.isClosed } shouldBe true
            }
        }

        test("what is emitted may be anything, and goes through other operators") {
            lending("anything", 100) { pool ->
                val sums = (1..5).asFlow().withLeases(pool, 8) { number, lease ->
                    lease.withSegment { it.setLong(0, number * 10L) }
                    lease.keptSegment
                }.map { it.getLong(0) + 1 }.toList()
                sums shouldContainExactly listOf(11L, 21L, 31L, 41L, 51L)
            }
        }

        test("an end before the end gives the lease back") {
            lending("take", 100) { pool ->
                numbered(pool, 10).take(1).toList().single().isClosed shouldBe true
                pool.stats().used shouldBe 0
                numbered(pool, 10).first { it.number == 3 }.isClosed shouldBe true
            }
        }

        test("a failure of the transform or of the collector gives the lease back") {
            lending("failures", 100) { pool ->
                shouldThrow<IOException> {
                    flowOf(1).withLeases(pool, 10) { _, _ -> throw IOException("transform") }.collect { }
                }.message shouldBe "transform"
                pool.stats().used shouldBe 0
                shouldThrow<IOException> { numbered(pool, 3).collect { throw IOException("collector") } }
                    .message shouldBe "collector"
            }
        }

        test("a cancellation gives the lease back, in the collector and in the transform") {
            lending("cancelled", 100) { pool ->
                runTest {
                    val inCollector = launch { numbered(pool, 3).collect { awaitCancellation() } }
                    val inTransform = launch {
                        flowOf(1).withLeases(pool, 10) { _, _ -> awaitCancellation() }.collect { }
                    }
                    delay(1)
                    pool.stats().used shouldBe 20
                    inCollector.cancelAndJoin()
                    inTransform.cancelAndJoin()
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("a lease that the collector moved stays open") {
            lending("moved", 100) { pool ->
                memoryScope(pool) {
                    numbered(pool, 3).collect { if (it.number == 1) it.move(this) }
                    pool.stats().used shouldBe 10
                }
            }
        }

        test("a flow waits while the pool's bytes are out") {
            lending("pressure", 25) { pool ->
                runTest {
                    memoryScope(pool) {
                        val numbers = ArrayList<Int>()
                        val collector = launch {
                            numbered(pool, 4).collect {
                                numbers += it.number
                                it.move(this@memoryScope)
                            }
                        }
                        delay(1)
                        numbers shouldContainExactly listOf(0, 1)
                        pool.stats().waiters shouldBe 1
                        collector.cancelAndJoin()
                    }
                }
            }
        }

        test("a plain buffer finds the lease closed, and says so") {
            lending("plain buffer", 1000) { pool ->
                for (flow in listOf(numbered(pool, 3).buffer(4), numbered(pool, 3).flowOn(Dispatchers.Default))) {
                    shouldThrow<LeaseClosedException> {
                        flow.collect {
                            // The flow above goes on, and closes it, whenever that gets a processor.
                            while (!it.isClosed) yield()
                            it.number
                        }
                    }.message shouldContain "closed"
                }
            }
        }
    }

    private fun chunks() {
        test("each chunk has one lease, and the last chunk may be short") {
            lending("chunks", 24) { pool ->
                val sums = (1..7).asFlow().chunkedWithLeases(3, pool, 24) { chunk, lease ->
                    lease.withSegment { segment ->
                        chunk.forEachIndexed { index, number -> segment.setLong(8L * index, number.toLong()) }
                        chunk.indices.sumOf { segment.getLong(8L * it) }
                    }
                }.toList()
                sums shouldContainExactly listOf(6L, 15L, 7L)
            }
        }

        test("no lease is out while a chunk is gathered, and none for a flow without elements") {
            lending("gathering", 100) { pool ->
                (1..6).asFlow().onEach { pool.stats().used shouldBe 0 }
                    .chunkedWithLeases(3, pool, 10) { chunk, _ -> chunk }
                    .toList() shouldContainExactly listOf(listOf(1, 2, 3), listOf(4, 5, 6))
                emptyFlow<Int>().chunkedWithLeases(3, pool, 10) { chunk, _ -> chunk }.toList() shouldBe emptyList()
                shouldThrow<IllegalArgumentException> {
                    flowOf(1).chunkedWithLeases(0, pool, 10) { chunk, _ -> chunk }
                }.message shouldContain "not 0"
            }
        }
    }

    private fun buffers() {
        test("buffered leases come in order, open, and are closed after the block") {
            lending("order", 1000) { pool ->
                val seen = ArrayList<SharedLease>()
                val numbers = ArrayList<Int>()
                numbered(pool, 50).bufferLeases(4).collect {
                    numbers += it.number
                    seen += it
                }
                numbers shouldContainExactly (0 until 50).toList()
                seen.all { it.isClosed } shouldBe true
            }
        }

        test("no more leases are out than the buffer holds, and one on either side") {
            lending("bound", 1000) { pool ->
                runTest {
                    var most = 0L
                    numbered(pool, 20).bufferLeases(3).collect {
                        delay(10)
                        most = maxOf(most, pool.stats().used)
                    }
                    most shouldBe 50
                }
                pool.stats().used shouldBe 0
            }
        }

        test("a buffer lets the flow above run while the collector does") {
            lending("overlap", 1000) { pool ->
                runTest {
                    numbered(pool, 4).onEach { delay(10) }.bufferLeases().collect { delay(10) }
                    testScheduler.currentTime shouldBe 50
                }
            }
        }

        test("what is in the buffer goes back when the collector has enough, fails or is cancelled") {
            lending("early", 1000) { pool ->
                runTest {
                    numbered(pool, 20).bufferLeases(5).onEach { delay(1) }.take(2).toList().size shouldBe 2
                    pool.stats().used shouldBe 0
                    shouldThrow<IOException> {
                        numbered(pool, 20).bufferLeases(5).collect {
                            delay(1)
                            throw IOException("no")
                        }
                    }
                    pool.stats().used shouldBe 0
                    val inside = CompletableDeferred<Unit>()
                    val collector = launch {
                        numbered(pool, 20).bufferLeases(5).collect {
                            delay(1)
                            inside.complete(Unit)
                            awaitCancellation()
                        }
                    }
                    inside.await()
                    pool.stats().used shouldBe 70
                    collector.cancelAndJoin()
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("what is in the buffer goes back when the flow above fails, and the collector fails, too") {
            lending("above", 1000) { pool ->
                runTest {
                    val failing = flow {
                        numbered(pool, 3).collect { emit(it) }
                        throw IOException("above")
                    }
                    shouldThrow<IOException> { failing.bufferLeases(8).collect { awaitCancellation() } }
                        .message shouldBe "above"
                }
            }
        }

        test("a flow above whose own time is up fails the collector behind a buffer, as it does without one") {
            for (buffered in listOf<(Flow<SharedLease>) -> Flow<SharedLease>>({ it }, { it.bufferLeases(8) })) {
                lending("hasty", 1000) { pool ->
                    runTest {
                        val hasty = flow {
                            numbered(pool, 3).collect { emit(it) }
                            withTimeout(1.seconds) { awaitCancellation() }
                        }
                        val numbers = ArrayList<Int>()
                        withTimeout(1.minutes) {
                            shouldThrow<TimeoutCancellationException> {
                                buffered(hasty).collect { numbers += it.number }
                            }
                                .message shouldContain "1s"
                        }
                        numbers shouldContainExactly listOf(0, 1, 2)
                    }
                }
            }
        }

        test("a buffered lease can be moved, and buffered again") {
            lending("again", 1000) { pool ->
                memoryScope(pool) {
                    var sum = 0
                    numbered(pool, 10).bufferLeases(2).bufferLeases(2).collect {
                        sum += it.number
                        if (it.number == 9) it.move(this)
                    }
                    sum shouldBe 45
                    pool.stats().used shouldBe 10
                }
            }
        }

        test("elements that carry a lease are buffered by it") {
            class Part(val name: String, val lease: SharedLease)
            lending("carried", 1000) { pool ->
                val names = ArrayList<String>()
                flowOf("a", "b", "c").withLeases(pool, 10) { name, lease -> Part(name, lease) }
                    .bufferLeases(1) { it.lease }
                    .collect {
                        it.lease.isClosed shouldBe false
                        names += it.name
                    }
                names shouldContainExactly listOf("a", "b", "c")
            }
        }

        test("across threads, the pool's capacity holds and all comes back") {
            lending("threads", 100) { pool ->
                var count = 0
                withContext(Dispatchers.Default) {
                    numbered(pool, 5000).bufferLeases(3).collect {
                        it.number shouldBe count++
                        pool.stats().used shouldBeLessThanOrEqual 50
                    }
                }
                count shouldBe 5000
            }
        }
    }
}
