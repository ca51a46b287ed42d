package dev.leasehold.memory.coroutines.contract.io

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.own.DeferredClose
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.readLeases
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.connected
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.send
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.writeAll
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException
import java.net.StandardSocketOptions.SO_RCVBUF
import java.net.StandardSocketOptions.SO_SNDBUF
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousByteChannel
import java.nio.channels.AsynchronousCloseException
import java.nio.channels.AsynchronousSocketChannel
import java.nio.channels.CompletionHandler
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Future
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.resume
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** When a cancelled read or write lets go of its lease, and what becomes of the channel. */
class SocketCancellationSpec : FunSpec() {
    init {
        order()
        cancellation()
    }

    private fun order() {
        test("the lease of a cancelled read is closed when the handler has been called, and not before") {
            lending("order", 100) { pool ->
                runTest {
                    for (flow in listOf(true, false)) {
                        val channel = SlowChannel()
                        val reader = launch {
                            if (flow) {
                                channel.readLeases(pool, 100).collect { }
                            } else {
                                pool.withLease(100) { channel.read(it) }
                            }
                        }
                        yield()
                        reader.cancel()
                        repeat(3) { yield() }
                        channel.isOpen shouldBe false
                        reader.isCompleted shouldBe false
                        pool.stats().used shouldBe 100
                        channel.pending!!.failed(AsynchronousCloseException(), Unit)
                        reader.join()
                        pool.stats().used shouldBe 0
                    }
                }
            }
        }

        test(
            "a write that is cancelled between two of its parts closes the channel, and one that has not begun does " +
                "not",
        ) {
            lending("parts", 100) { pool ->
                runTest {
                    for (before in listOf(true, false)) {
                        val channel = SlowChannel()
                        val writer = launch {
                            pool.withLease(100) { lease ->
                                if (before) coroutineContext[Job]!!.cancel()
                                channel.takes = { coroutineContext[Job]!!.cancel() }
                                channel.writeAll(lease)
                            }
                        }
                        writer.join()
                        writer.isCancelled shouldBe true
                        channel.isOpen shouldBe before
                        channel.written shouldBe if (before) 0 else 1
                    }
                }
            }
        }

        test("a failure to abort is attached to the cancellation") {
            lending("abort", 100) { pool ->
                runTest {
                    val channel = SlowChannel { throw IOException("cannot close") }
                    var thrown: Throwable? = null
                    val reader = launch {
                        pool.withLease(100) { lease ->
                            thrown = runCatching { channel.read(lease) }.exceptionOrNull()
                        }
                    }
                    yield()
                    reader.cancel()
                    yield()
                    channel.pending!!.completed(1, Unit)
                    reader.join()
                    thrown!!.suppressed.map { it.message } shouldBe listOf("cannot close")
                }
            }
        }
    }

    private fun cancellation() {
        // A lease of a mebibyte has an arena of its own, which refuses to close while the system is using it.
        test("a cancelled read of a real socket has let go of its lease, whenever the cancellation comes") {
            val random = Random(11)
            lending("real", 1.MiB) { pool ->
                repeat(40) { round ->
                    connected { near, far ->
                        val busy = AtomicInteger()
                        val reader = launch { closing(pool, busy) { far.read(it) } }
                        val spins = random.nextInt(50_000)
                        val writer = launch {
                            if (round % 3 == 0) return@launch
                            try {
                                near.send(ByteArray(10_000))
                            } catch (_: ExecutionException) {
                                // The far end has been closed by the cancellation, which is what this provokes.
                            }
                        }
                        repeat(spins) { Thread.onSpinWait() }
                        reader.cancelAndJoin()
                        busy.get() shouldBe 0
                        pool.stats().used shouldBe 0
                        writer.join()
                    }
                }
            }
        }

        test("a lease that is closed during a read stays out of use until that has ended") {
            lending("during", 100) { pool ->
                connected { near, far ->
                    val lease = pool.rent(64)
                    val kept = lease.keptSegment
                    // The read has begun when this goes on.
                    val reader = launch(start = CoroutineStart.UNDISPATCHED) { far.read(lease) shouldBe 8 }
                    lease.close()
                    pool.stats().used shouldBe 64
                    pool.pool.trim()
                    Thread.sleep(20)
                    kept.setLong(0, 7) // Still there, and not rented again: its end waits for the read.
                    near.send(ByteArray(8))
                    reader.join()
                    pool.stats().used shouldBe 0
                    pool.pool.trim()
                    while (pool.pool.stats().quarantined > 0) Thread.sleep(1)
                    shouldThrow<ViewClosedException> { kept.getLong(0) }
                }
            }
        }

        test("a read that does not wait for the system is caught by the same test") {
            lending("naive", 1.MiB) { pool ->
                connected { near, far ->
                    val busy = AtomicInteger()
                    val reader =
                        launch(start = CoroutineStart.UNDISPATCHED) { closing(pool, busy) { far.readNaively(it) } }
                    pool.stats().used shouldBe 1.MiB
                    reader.cancelAndJoin()
                    busy.get() shouldBe 1
                    near.close()
                    while (pool.stats().used > 0) Thread.sleep(1)
                }
            }
        }

        test("a write that is cancelled closes the channel and lets go of its lease") {
            lending("write", 8.MiB) { pool ->
                connected { near, far ->
                    // Far less than is written fits into what the system buffers.
                    near.setOption(SO_SNDBUF, 10_000)
                    far.setOption(SO_RCVBUF, 10_000)
                    val busy = AtomicInteger()
                    val writer = launch(start = CoroutineStart.UNDISPATCHED) {
                        closing(pool, busy) { lease -> while (true) near.writeAll(lease) }
                    }
                    writer.isActive shouldBe true
                    writer.cancelAndJoin()
                    busy.get() shouldBe 0
                    near.isOpen shouldBe false
                }
            }
        }

        test("a timeout around a read closes the channel, and the lease is free") {
            lending("timeout", 1.MiB) { pool ->
                connected { _, far ->
                    val busy = AtomicInteger()
                    // Virtual time passes when nothing else is left to do, which is when the read has begun.
                    runTest {
                        withTimeoutOrNull(10.milliseconds) { closing(pool, busy) { far.read(it) } } shouldBe null
                    }
                    busy.get() shouldBe 0
                    far.isOpen shouldBe false
                }
            }
        }

        test("a lease that is still being read into is given back later, when its channel is cancelled") {
            lending("deferred", 1.MiB) { pool ->
                connected { near, far ->
                    val channel = leaseChannel(1)
                    val lease = pool.rent(1.MiB)
                    val reading = far.read(lease.asKeptByteBuffer())
                    channel.send(lease)
                    channel.cancel()
                    pool.stats().used shouldBe 1.MiB
                    near.send(byteArrayOf(1))
                    reading.get() shouldBe 1
                    while (pool.stats().used > 0) Thread.sleep(1)
                }
            }
        }
    }

    /** Runs [action] with a mebibyte or more, and counts in [busy] when that could not be closed right behind it. */
    private suspend fun <R> closing(pool: SuspendingPool, busy: AtomicInteger, action: suspend (SharedLease) -> R): R {
        val lease = pool.rent(1.MiB)
        try {
            return action(lease)
        } finally {
            try {
                lease.close()
            } catch (_: MemoryBusyException) {
                busy.incrementAndGet()
                DeferredClose.close(lease) { "a job" }
            }
        }
    }

    /** The negative control: ends at its cancellation. */
    private suspend fun AsynchronousSocketChannel.readNaively(lease: SharedLease): Int =
        suspendCancellableCoroutine { continuation ->
            val handler = object : CompletionHandler<Int, Unit> {
                override fun completed(result: Int, attachment: Unit) = continuation.resume(result)

                override fun failed(failure: Throwable, attachment: Unit) = continuation.resume(-1)
            }
            read(lease.asKeptByteBuffer(), Unit, handler)
        }

    /** A channel whose handler of a read is called by the test, and not by [close]. */
    private class SlowChannel(private val closing: () -> Unit = {}) : AsynchronousByteChannel {
        var pending: CompletionHandler<Int, Any?>? = null

        /** What happens when a byte has been taken for a write, each of which takes one, at once. */
        var takes: () -> Unit = {}
        var written = 0
            private set
        private var open = true

        @Suppress("UNCHECKED_CAST")
        override fun <A> read(into: ByteBuffer, attachment: A, handler: CompletionHandler<Int, in A>) {
            pending = handler as CompletionHandler<Int, Any?>
        }

        override fun read(into: ByteBuffer): Future<Int> = CompletableFuture()

        override fun <A> write(from: ByteBuffer, attachment: A, handler: CompletionHandler<Int, in A>) {
            from.get()
            written++
            takes()
            handler.completed(1, attachment)
        }

        override fun write(from: ByteBuffer): Future<Int> = CompletableFuture()

        override fun isOpen(): Boolean = open

        override fun close() {
            open = false
            closing()
        }
    }
}
