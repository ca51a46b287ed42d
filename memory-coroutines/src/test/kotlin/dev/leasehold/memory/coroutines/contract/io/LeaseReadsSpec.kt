package dev.leasehold.memory.coroutines.contract.io

import dev.leasehold.memory.Segment
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.readLeases
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.toByteArray
import dev.leasehold.testing.awaitNativeRead
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.FileChannel
import java.nio.channels.IllegalBlockingModeException
import java.nio.channels.Pipe
import java.nio.channels.ReadableByteChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardOpenOption.READ
import java.util.concurrent.atomic.AtomicLong
import kotlin.io.path.deleteExisting
import kotlin.io.path.deleteIfExists
import kotlin.io.path.exists
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.writeBytes
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

class LeaseReadsSpec : FunSpec() {
    private val size = 1000L

    private suspend fun <R> withFile(content: ByteArray, action: suspend (Path) -> R): R {
        val path = Files.createTempFile("leases", ".bin")
        try {
            path.writeBytes(content)
            return action(path)
        } finally {
            path.deleteIfExists()
        }
    }

    /** All bytes of [flow], and how many each part had. */
    private suspend fun gather(flow: Flow<FilledLease>): Pair<ByteArray, List<Long>> {
        val bytes = ByteArrayOutputStream()
        val lengths = ArrayList<Long>()
        flow.collect {
            bytes.writeBytes(it.withSegment(Segment::toByteArray))
            lengths += it.length
        }
        return bytes.toByteArray() to lengths
    }

    private fun expected(total: Int): List<Long> =
        List((total / size).toInt()) { size } + listOf(total % size).filter { it > 0 }

    init {
        for (total in listOf(0, 1, 999, 1000, 1001, 3000, 34_567)) {
            test("a file of $total bytes comes whole, in full parts but for the last") {
                val content = Random(total).nextBytes(total)
                withFile(content) { path ->
                    lending("file", size) { pool ->
                        val (bytes, lengths) = gather(path.readLeases(pool, size))
                        bytes.contentEquals(content) shouldBe true
                        lengths shouldContainExactly expected(total)
                    }
                    lending("asynchronous file", size) { pool ->
                        AsynchronousFileChannel.open(path, READ).use { file ->
                            val (bytes, lengths) = gather(file.readLeases(pool, size))
                            bytes.contentEquals(content) shouldBe true
                            lengths shouldContainExactly expected(total)
                            val from = minOf(total, 17)
                            gather(file.readLeases(pool, size, from.toLong())).first
                                .contentEquals(content.copyOfRange(from, total)) shouldBe true
                            file.isOpen shouldBe true
                        }
                    }
                    lending("channel", size) { pool ->
                        FileChannel.open(path, READ).use { file ->
                            gather(file.readLeases(pool, size)).first.contentEquals(content) shouldBe true
                            file.isOpen shouldBe true
                        }
                    }
                }
            }
        }

        test("a file that fits exactly into the pool wants no lease more") {
            withFile(ByteArray(3000)) { path ->
                lending("exact", 3000) { pool ->
                    withTimeout(2.minutes) {
                        memoryScope(pool) {
                            path.readLeases(pool, size).collect { it.lease.move(this) }
                            pool.stats().used shouldBe 3000
                        }
                        AsynchronousFileChannel.open(path, READ).use { file ->
                            memoryScope(pool) { file.readLeases(pool, size).collect { it.lease.move(this) } }
                        }
                    }
                }
            }
        }

        test("a file is closed when the collector has enough, fails or is cancelled") {
            withFile(ByteArray(3000)) { path ->
                lending("enough", 2000) { pool ->
                    path.readLeases(pool, size).first().lease.isClosed shouldBe true
                    shouldThrow<IOException> { path.readLeases(pool, size).collect { throw IOException("no") } }
                    val collector = launch(Dispatchers.Default) {
                        path.readLeases(pool, size).collect { awaitCancellation() }
                    }
                    until("it reads") { pool.stats().used > 0 }
                    collector.cancelAndJoin()
                    openFiles(path).shouldBeEmpty()
                }
            }
        }

        test("a file that is not there is refused, and nothing is kept") {
            val path = Files.createTempFile("leases", ".bin")
            path.deleteExisting()
            lending("missing", 2000) { pool ->
                shouldThrow<NoSuchFileException> { path.readLeases(pool, size).collect { } }
            }
        }

        test("a size that no byte buffer has is refused") {
            lending("size", 100) { pool ->
                shouldThrow<IllegalArgumentException> { Path.of("x").readLeases(pool, 0) }.message shouldContain "not 0"
                shouldThrow<IllegalArgumentException> { Path.of("x").readLeases(pool, 1L shl 31) }
            }
            shouldThrow<IllegalArgumentException> {
                lending("filled", 100) { pool -> pool.withLease(10) { FilledLease(it, 11) } }
            }.message shouldContain "11 bytes"
        }

        test("files are read ahead through a buffer of leases") {
            val content = Random(7).nextBytes(100_003)
            withFile(content) { path ->
                lending("ahead", 5 * size) { pool ->
                    gather(path.readLeases(pool, size).bufferLeases(3) { it.lease }).first
                        .contentEquals(content) shouldBe true
                }
            }
        }

        test("a read that blocks is interrupted by a cancellation") {
            lending("pipe", 2000) { pool ->
                val pipe = Pipe.open()
                pipe.sink().use { sink ->
                    val count = AtomicLong()
                    val reader = launch(Dispatchers.Default) {
                        pipe.source().readLeases(pool, size).collect { count.addAndGet(it.length) }
                    }
                    sink.write(ByteBuffer.allocate(10))
                    until("it has read") { count.get() == 10L }
                    awaitNativeRead {
                        Thread.getAllStackTraces().keys.filter { it.name.startsWith("DefaultDispatcher") }
                    }
                    withTimeout(2.minutes) { reader.cancelAndJoin() }
                    pool.stats().used shouldBe 0
                    pipe.source().isOpen shouldBe false
                }
            }
        }

        test("a channel that does not block is refused") {
            lending("non-blocking", 2000) { pool ->
                val pipe = Pipe.open()
                pipe.sink().use {
                    pipe.source().use { source ->
                        source.configureBlocking(false)
                        shouldThrow<IllegalBlockingModeException> { source.readLeases(pool, size).collect { } }
                    }
                }
            }
        }

        test("a channel that fails half-way gives its lease back") {
            lending("failing", 2000) { pool ->
                val failing = object : ReadableByteChannel {
                    private var reads = 0

                    override fun read(into: ByteBuffer): Int {
                        if (reads++ == 2) throw IOException("the disk is gone")
                        into.put(1).put(2)
                        return 2
                    }

                    override fun isOpen(): Boolean = true

                    override fun close(): Unit = Unit
                }
                var parts = 0
                shouldThrow<IOException> { failing.readLeases(pool, size).collect { parts += it.length.toInt() } }
                    .message shouldContain "the disk is gone"
                parts shouldBe 4
            }
        }

        test("a cancelled collector of a file loses nothing, at whatever moment") {
            withFile(ByteArray(5000)) { path ->
                lending("moments", 2 * size) { pool ->
                    val random = Random(42)
                    repeat(200) { round ->
                        val spins = random.nextInt(20_000)
                        val reader = launch(Dispatchers.Default) {
                            if (round % 2 == 0) {
                                path.readLeases(pool, size).collect { }
                            } else {
                                path.readLeases(pool, size).bufferLeases(1) { it.lease }.toList()
                            }
                        }
                        withContext(Dispatchers.Default) { repeat(spins) { Thread.onSpinWait() } }
                        reader.cancelAndJoin()
                        pool.stats().used shouldBe 0
                    }
                    openFiles(path).shouldBeEmpty()
                }
            }
        }
    }

    /** What this process has open of [path], where the system says so. */
    private fun openFiles(path: Path): List<Path> {
        val open = Path.of("/proc/self/fd")
        if (!open.exists()) return emptyList()
        return open.listDirectoryEntries().filter { entry ->
            runCatching { Files.readSymbolicLink(entry) == path }.getOrDefault(false)
        }
    }
}
