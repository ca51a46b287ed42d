package dev.leasehold.memory.ktor

import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.testing.checkNothingLeaked
import dev.leasehold.memory.toByteArray
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.ktor.utils.io.ByteChannel
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.counted
import io.ktor.utils.io.readBuffer
import io.ktor.utils.io.writeFully
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeout
import kotlinx.io.EOFException
import kotlinx.io.IOException
import kotlinx.io.readByteArray
import kotlin.random.Random

class LeaseReadsSpec : FunSpec() {
    private val memory = MemoryPool.isolated("bodies")
    private val pool = SuspendingPool(memory, capacity = 1.MiB)
    private val content = Random(5).nextBytes(300_001)

    private fun bytesOf(part: FilledLease) = part.withSegment { it.toByteArray() }

    init {
        afterTest {
            pool.stats().used shouldBe 0
            memory.stats().used shouldBe 0
        }

        afterSpec {
            pool.close()
            memory.close()
        }

        test("a channel is read into leases of which all but the last are full") {
            checkNothingLeaked {
                runBlocking {
                    for (size in listOf(1000L, 64.KiB, 300_001L, 1.MiB)) {
                        for (channel in listOf(
                            ByteReadChannel(content),
                            ByteReadChannel(content).counted(),
                            writtenIn(),
                        )) {
                            val parts = ArrayList<ByteArray>()
                            channel.readLeases(pool, size).collect { part ->
                                part.lease.size shouldBe size
                                parts += bytesOf(part)
                            }
                            parts.dropLast(1).map { it.size.toLong() }.filter { it != size }.shouldBeEmpty()
                            parts.reduce(ByteArray::plus) shouldBe content
                        }
                    }
                    ByteReadChannel.Empty.readLeases(pool, 10).toList().shouldBeEmpty()
                }
            }
        }

        test("while the peer sends nothing, or less than a lease, no lease is out") {
            checkNothingLeaked {
                runBlocking(Dispatchers.Default) {
                    val channel = ByteChannel(autoFlush = true)
                    var parts = 0
                    val reader = launch { channel.readLeases(pool, 1000).collect { parts++ } }
                    channel.writeFully(ByteArray(999))
                    Thread.sleep(50)
                    pool.stats().used shouldBe 0
                    parts shouldBe 0
                    channel.writeFully(ByteArray(1))
                    await("a lease is full") { parts == 1 }
                    channel.writeFully(ByteArray(1))
                    channel.flushAndClose()
                    reader.join()
                    parts shouldBe 2
                }
            }
        }

        test("no more is read than there are leases, and the peer waits") {
            checkNothingLeaked {
                runBlocking(Dispatchers.Default) {
                    val channel = ByteChannel(autoFlush = true)
                    var written = 0
                    val writer = launch {
                        repeat(64) {
                            channel.writeFully(ByteArray(64 * 1024))
                            written++
                        }
                        channel.flushAndClose()
                    }
                    val all = pool.rent(1.MiB)
                    val parts = ArrayList<FilledLease>()
                    val reader = launch {
                        channel.readLeases(pool, 64.KiB).collect {
                            it.lease.move()
                            parts += it
                        }
                    }
                    await("a read waits for a lease") { pool.stats().waiters == 1 }
                    await("the writer waits for room") { written >= 15 }
                    Thread.sleep(50)
                    check(written < 40) { "$written parts were written, and none could be read" }
                    all.close()
                    var taken = 0
                    await("all are read") {
                        while (parts.size > taken) parts[taken++].close()
                        taken == 64
                    }
                    reader.join()
                    writer.join()
                }
            }
        }

        test("cancellation, a timeout, a failing collector and a failing channel lose nothing, wherever they strike") {
            checkNothingLeaked {
                runBlocking(Dispatchers.Default) {
                    // While it waits for the peer, for a lease, and for the collector.
                    shouldThrow<TimeoutCancellationException> {
                        withTimeout(20) { ByteChannel().readLeases(pool, 10).collect { } }
                    }
                    pool.withLease(1.MiB) {
                        val reader = launch { ByteReadChannel(content).readLeases(pool, 10).collect { } }
                        await("it waits") { pool.stats().waiters == 1 }
                        reader.cancelAndJoin()
                        pool.stats().waiters shouldBe 0
                    }
                    shouldThrow<TimeoutCancellationException> {
                        withTimeout(20) {
                            ByteReadChannel(content).readLeases(pool, 10).collect { awaitCancellation() }
                        }
                    }
                    shouldThrow<IllegalStateException> {
                        ByteReadChannel(content).readLeases(pool, 10).collect { error("no") }
                    }
                    val broken = ByteChannel(autoFlush = true)
                    broken.writeFully(ByteArray(25))
                    var parts = 0
                    shouldThrow<IOException> {
                        broken.readLeases(pool, 10).collect { if (++parts == 2) broken.cancel(IOException("reset")) }
                    }
                }
            }
        }

        test("random cancellations of readers and writers lose nothing") {
            checkNothingLeaked {
                val random = Random(11)
                // What the channel fails with is no matter of the others.
                runBlocking(Dispatchers.Default + CoroutineExceptionHandler { _, _ -> }) {
                    repeat(Effort.times(300)) {
                        supervisorScope {
                            val channel = ByteChannel()
                            val writer = launch {
                                repeat(8) { channel.writeFully(ByteArray(50_000)) }
                                channel.flushAndClose()
                            }
                            val reader = launch { channel.readLeases(pool, 300.KiB).collect { } }
                            val other = launch { pool.withLease(800.KiB) { } }
                            repeat(random.nextInt(2000)) { Thread.onSpinWait() }
                            when (random.nextInt(3)) {
                                0 -> reader.cancelAndJoin()
                                1 -> channel.cancel(IOException("gone"))
                                else -> other.cancelAndJoin()
                            }
                            writer.cancelAndJoin()
                            reader.cancelAndJoin()
                            other.join()
                        }
                    }
                }
            }
        }

        test("a size that a channel does not gather is refused, and so is a closed pool") {
            checkNothingLeaked {
                val channel = ByteReadChannel(content)
                shouldThrow<IllegalArgumentException> { channel.readLeases(pool, 0) }.message shouldContain "not 0"
                shouldThrow<IllegalArgumentException> { channel.readLeases(pool, 1.MiB + 1) }
                val closed = SuspendingPool(memory, 1.MiB).also { it.close() }
                runBlocking { shouldThrow<PoolClosedException> { channel.readLeases(closed, 10).collect { } } }
            }
        }

        test("readInto fills a lease, and says when the channel ends before") {
            checkNothingLeaked {
                runBlocking {
                    pool.withLease(content.size.toLong()) { lease ->
                        writtenIn().readInto(lease)
                        lease.withSegment { it.toByteArray() } shouldBe content
                        val channel = ByteReadChannel(byteArrayOf(1, 2, 3))
                        channel.readInto(lease, 10, 2)
                        lease.withSegment { it.slice(10, 2).toByteArray() } shouldBe byteArrayOf(1, 2)
                        shouldThrow<EOFException> { channel.readInto(lease) }
                            .message shouldContain "after 1 of 300001 bytes"
                        val outside = shouldThrow<IOException> { ByteReadChannel(content).readInto(lease, 300_000, 2) }
                        outside.cause.shouldBeInstanceOf<SegmentBoundsException>()
                    }
                    val closed = memory.rentShared(10).also { it.close() }
                    shouldThrow<IOException> { ByteReadChannel(content).readInto(closed) }
                        .cause.shouldBeInstanceOf<LeaseClosedException>()
                }
            }
        }

        test("writeAll writes a lease, or a part of it") {
            checkNothingLeaked {
                runBlocking(Dispatchers.Default) {
                    pool.withLease(content.size.toLong()) { lease ->
                        ByteReadChannel(content).readInto(lease)
                        val channel = ByteChannel()
                        launch {
                            channel.writeAll(lease)
                            channel.writeAll(lease, 100, 50)
                            channel.writeAll(FilledLease(lease, 7))
                            channel.flushAndClose()
                        }
                        channel.readBuffer().readByteArray() shouldBe
                            content + content.copyOfRange(100, 150) + content.copyOf(7)
                        shouldThrow<SegmentBoundsException> { ByteChannel().writeAll(lease, 300_000, 2) }
                        shouldThrow<IllegalArgumentException> { ByteChannel().writeAll(lease, -1, 1) }
                    }
                }
            }
        }

        test("a lease that is closed while it is written breaks the write off, with its own exception as the cause") {
            checkNothingLeaked {
                runBlocking(Dispatchers.Default) {
                    val lease = memory.rentShared(4.MiB)
                    val channel = ByteChannel()
                    val writer = launch {
                        shouldThrow<IOException> { channel.writeAll(lease) }
                            .cause.shouldBeInstanceOf<LeaseClosedException>().poolName shouldBe "bodies"
                        channel.cancel(IOException("done"))
                    }
                    channel.awaitContent(1 shl 20)
                    lease.close()
                    shouldThrow<IOException> { channel.readBuffer() }
                    writer.join()
                    shouldThrow<LeaseClosedException> { channel.writeAll(lease) }
                }
            }
        }
    }

    /** A channel that a coroutine writes bit by bit. */
    private fun CoroutineScope.writtenIn(): ByteReadChannel {
        val channel = ByteChannel()
        launch {
            for (start in content.indices step 7001) {
                channel.writeFully(content, start, minOf(start + 7001, content.size))
            }
            channel.flushAndClose()
        }
        return channel
    }
}
