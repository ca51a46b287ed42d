package dev.leasehold.memory.coroutines.contract.io

import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.writeAll
import dev.leasehold.memory.rent
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.ClosedChannelException
import java.nio.channels.CompletionHandler
import java.nio.channels.FileLock
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE
import java.util.concurrent.Future
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.random.Random

/** What reads and writes of asynchronous files do with leases. */
class FileTransferSpec : FunSpec() {
    init {
        test("what was written at a position is read there, and the end is told by -1") {
            inFile { file ->
                lending("file", 1.KiB) { pool ->
                    pool.withLease(16) { lease ->
                        lease.withSegment { it.setLong(3, 42) }
                        file.writeAll(lease, position = 100, offset = 3, length = 8)
                    }
                    file.size() shouldBe 108
                    pool.withLease(16) { lease ->
                        file.read(lease, position = 100, offset = 4) shouldBe 8
                        lease.withSegment { it.getLong(4) } shouldBe 42
                        file.read(lease, position = 108) shouldBe -1
                    }
                }
            }
        }

        test("a whole file travels through leases of another size") {
            val bytes = Random(7).nextBytes(100_001)
            inFile { file ->
                lending("copy", 64.KiB) { pool ->
                    for (from in bytes.indices step 4000) {
                        pool.withLease(4000) { lease ->
                            val part = bytes.copyOfRange(from, minOf(from + 4000, bytes.size))
                            lease.withSegment { it.copyFrom(part) }
                            file.writeAll(FilledLease(lease, part.size.toLong()), from.toLong())
                        }
                    }
                    val back = ByteArray(bytes.size)
                    var at = 0
                    while (at < back.size) {
                        at += pool.withLease(1000) { lease ->
                            val count = file.read(lease, at.toLong())
                            lease.withSegment { it.slice(0, count.toLong()).toByteArray() }.copyInto(back, at)
                            count
                        }
                    }
                    back.contentEquals(bytes) shouldBe true
                }
            }
        }

        test("a short write goes on where it stopped") {
            lending("short", 100) { pool ->
                val file = PlayedFile(atOnce = 3)
                pool.withLease(8) { file.writeAll(it, position = 10) }
                file.writes shouldBe listOf(10L to 8, 13L to 5, 16L to 2)
            }
        }

        test("a cancelled read keeps the lease until the system has let go of it, and the channel stays open") {
            lending("cancelled", 100) { pool ->
                coroutineScope {
                    val file = PlayedFile()
                    lateinit var lease: SharedLease
                    val reading = launch(start = CoroutineStart.UNDISPATCHED) {
                        pool.rent(60).use {
                            lease = it
                            file.read(it, position = 0)
                        }
                    }
                    until("the read has begun") { file.pending != null }
                    reading.cancel()
                    lease.isClosed shouldBe false
                    pool.isAllFree() shouldBe false
                    file.pending!!()
                    reading.cancelAndJoin()
                    lease.isClosed shouldBe true
                    file.isOpen shouldBe true
                }
            }
        }

        test("a failure comes out as it is, and the lease can be closed") {
            inFile { file ->
                lending("failed", 100) { pool ->
                    shouldThrow<IllegalArgumentException> { pool.withLease(16) { file.read(it, position = -1) } }
                    file.close()
                    shouldThrow<ClosedChannelException> { pool.withLease(16) { file.read(it, position = 0) } }
                    shouldThrow<ClosedChannelException> { pool.withLease(16) { file.writeAll(it, position = 0) } }
                }
            }
        }

        test("a lease that has ended, and a range outside of it, are refused before anything is read or written") {
            inFile { file ->
                lending("refused", 100) { pool ->
                    val ended = pool.rent(16).also { it.close() }
                    shouldThrow<LeaseClosedException> { file.read(ended, position = 0) }
                    shouldThrow<SegmentBoundsException> { pool.withLease(16) { file.writeAll(it, 0, 8, 9) } }
                    shouldThrow<SegmentBoundsException> { pool.withLease(16) { file.read(it, 0, 17) } }
                    file.size() shouldBe 0
                }
            }
        }

        test("a read into a confined lease's buffer never ends, as the guide says, and one into a shared lease does") {
            inFile { file ->
                lending("confined", 4.KiB) { pool ->
                    pool.withLease(16) { file.writeAll(it, position = 0) }
                    pool.pool.rent(4096).use { lease ->
                        val reading = file.read(lease.asByteBuffer(), 0)
                        shouldThrow<TimeoutException> { reading.get(200, TimeUnit.MILLISECONDS) }
                    }
                    pool.withLease(4096) { file.read(it, position = 0) } shouldBe 16
                }
            }
        }
    }

    private suspend fun inFile(block: suspend (AsynchronousFileChannel) -> Unit) {
        val path = Path.of(tempdir().path).resolve("bytes")
        AsynchronousFileChannel.open(path, CREATE, READ, WRITE).use { block(it) }
    }

    private fun SuspendingPool.isAllFree(): Boolean = stats().available == 100L
}

/** A file whose writes take [atOnce] bytes, and whose reads end when [pending] is called. */
private class PlayedFile(private val atOnce: Int = Int.MAX_VALUE) : AsynchronousFileChannel() {
    val writes = ArrayList<Pair<Long, Int>>()

    @Volatile
    var pending: (() -> Unit)? = null
    private var open = true

    override fun <A> read(dst: ByteBuffer, position: Long, attachment: A, handler: CompletionHandler<Int, in A>) {
        pending = { handler.failed(IOException("played"), attachment) }
    }

    override fun <A> write(src: ByteBuffer, position: Long, attachment: A, handler: CompletionHandler<Int, in A>) {
        writes += position to src.remaining()
        val count = minOf(atOnce, src.remaining())
        src.position(src.position() + count)
        handler.completed(count, attachment)
    }

    override fun isOpen(): Boolean = open

    override fun close() {
        open = false
    }

    override fun read(dst: ByteBuffer, position: Long): Future<Int> = throw UnsupportedOperationException()

    override fun write(src: ByteBuffer, position: Long): Future<Int> = throw UnsupportedOperationException()

    override fun size(): Long = throw UnsupportedOperationException()

    override fun truncate(size: Long): AsynchronousFileChannel = throw UnsupportedOperationException()

    override fun force(metaData: Boolean): Unit = throw UnsupportedOperationException()

    override fun <A> lock(
        from: Long,
        size: Long,
        shared: Boolean,
        attachment: A,
        handler: CompletionHandler<FileLock, in A>,
    ) = throw UnsupportedOperationException()

    override fun lock(from: Long, size: Long, shared: Boolean): Future<FileLock> = throw UnsupportedOperationException()

    override fun tryLock(from: Long, size: Long, shared: Boolean): FileLock = throw UnsupportedOperationException()
}
