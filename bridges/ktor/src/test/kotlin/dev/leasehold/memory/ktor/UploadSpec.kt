package dev.leasehold.memory.ktor

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.ktor.support.Client
import dev.leasehold.memory.ktor.support.serve
import dev.leasehold.memory.testing.checkNothingLeaked
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.ktor.server.application.Application
import io.ktor.server.request.receive
import io.ktor.server.response.respondBytes
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.atomic.AtomicInteger
import java.util.zip.CRC32
import kotlin.random.Random

/**
 * Bodies of a mebibyte by 200 clients at once: 10,000 of them with `-Pslow`, and a few otherwise. Each is answered with
 * its checksum.
 */
class UploadSpec : FunSpec() {
    private val bodies = if (Effort.times(1) > 1) 10_000 else 400
    private val clients = 200
    private val content = Random(7).nextBytes(1 shl 20)
    private val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean

    private fun Application.routes(pool: SuspendingPool) = routing {
        post("/leased") {
            call.withBodyLease(pool, 1.MiB) { body ->
                body.withSegment { bytes ->
                    val checksum = CRC32().apply { update(bytes.asByteBuffer()) }.value
                    bytes.asByteBuffer().putLong(0, checksum)
                }
                call.respondLease(body.lease, length = 8)
            }
        }
        post("/streamed") {
            val checksum = CRC32()
            call.receiveLeases(pool, 64.KiB).collect { part ->
                part.withSegment { checksum.update(it.asByteBuffer()) }
            }
            call.respondBytes(answerOf(checksum))
        }
        post("/plain") {
            val checksum = CRC32().apply { update(call.receive<ByteArray>()) }
            call.respondBytes(answerOf(checksum))
        }
    }

    private fun answerOf(checksum: CRC32) = ByteBuffer.allocate(8).putLong(checksum.value).array()

    init {
        for (path in listOf("/leased", "/streamed")) {
            test(
                "no body to $path is lost, memory stays under its limit, and less goes to the heap than without leases",
            ) {
                checkNothingLeaked {
                    val memory = MemoryPool.isolated("uploads") { limit = 64.MiB }
                    val pool = SuspendingPool(memory, capacity = 48.MiB)
                    serve({ routes(pool) }) { port ->
                        // The first ones find code that is not compiled yet.
                        for (warm in listOf("/plain", path)) upload(port, warm, clients)
                        val plain = upload(port, "/plain", bodies)
                        val leased = upload(port, path, bodies)
                        val peak = memory.stats().peak
                        println("$bodies bodies to $path: $leased, and at most $peak bytes off it; plain: $plain")
                        peak shouldBeLessThanOrEqualTo 64.MiB
                        leased.bytes shouldBeLessThan plain.bytes
                        // A client has its answer before the server's code has ended.
                        await("all leases are back") { pool.stats().used == 0L && memory.stats().used == 0L }
                    }
                    pool.close()
                    memory.close()
                }
            }
        }
    }

    private class Heap(val bytes: Long, private val nanos: Long) {
        override fun toString() = "$bytes bytes of heap and ${nanos / 1000} us a body"
    }

    /** Sends [count] bodies to [path], and returns what the process, clients included, allocated for each. */
    private fun upload(port: Int, path: String, count: Int): Heap {
        val next = AtomicInteger()
        val answered = AtomicInteger()
        val before = threads.totalThreadAllocatedBytes
        val start = System.nanoTime()
        Executors.newVirtualThreadPerTaskExecutor().use { executor ->
            val running = List(clients) {
                executor.submit {
                    Client(port).use { client ->
                        while (true) {
                            val number = next.getAndIncrement()
                            if (number >= count) break
                            client.send(number, path) shouldBe checksumOf(number)
                            answered.incrementAndGet()
                        }
                    }
                }
            }
            running.forEach(Future<*>::get)
        }
        answered.get() shouldBe count
        return Heap((threads.totalThreadAllocatedBytes - before) / count, (System.nanoTime() - start) / count)
    }

    private fun header(number: Int) = ByteBuffer.allocate(8).putLong(number.toLong()).array()

    private fun Client.send(number: Int, path: String): Long {
        begin(path, content.size.toLong())
        send(header(number))
        send(content, 8)
        return ByteBuffer.wrap(answer().body).getLong()
    }

    private fun checksumOf(number: Int) = CRC32().run {
        update(header(number))
        update(content, 8, content.size - 8)
        value
    }
}
