package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.getUtf8Terminated
import dev.leasehold.memory.setUtf8Terminated
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.nio.channels.AsynchronousServerSocketChannel
import java.nio.file.Files
import kotlin.io.path.deleteExisting
import kotlin.io.path.writeBytes

/** The guide's snippets on channels and flows of leases do what the guide says of them. */
class PipelineSnippetsSpec : FunSpec() {
    private val words = listOf("Kardal", "Ostby", "Vik")

    init {
        test("leases go through a channel, out of their scope, and are closed behind the consumer") {
            over(16 * 1024) { buffers ->
                val leases = ArrayList<SharedLease>()
                val written = ArrayList<String>()
                LeasePipelines.channel(
                    buffers,
                    words,
                    encode = { part, lease -> lease.withSegment { it.setUtf8Terminated(0, part) } },
                    write = {
                        written += it.withSegment { bytes -> bytes.getUtf8Terminated() }
                        leases += it
                    },
                )
                written shouldContainExactly words
                leases.all { it.isClosed } shouldBe true
            }
        }

        test("a channel is collected as a flow, and what that drops goes back") {
            over(4096) { buffers ->
                val encoded = leaseChannel(words.size)
                for (word in words) {
                    encoded.send(buffers.rent(64).also { it.withSegment { bytes -> bytes.setUtf8Terminated(0, word) } })
                }
                encoded.close()
                val written = ArrayList<String>()
                LeasePipelines.channelAsFlow(
                    encoded,
                    isWanted = { it.getUtf8Terminated().length == 6 },
                    write = { written += it.withSegment { bytes -> bytes.getUtf8Terminated() } },
                )
                written shouldContainExactly listOf("Kardal")
            }
        }

        test("each element of a flow has a lease until the collector is done with it") {
            over(4096) { buffers ->
                val sent = ArrayList<String>()
                LeasePipelines.flow(
                    words.asFlow(),
                    buffers,
                    encode = { row, bytes -> bytes.setUtf8Terminated(0, row) },
                    send = { sent += it.withSegment { row -> row.getUtf8Terminated() } },
                )
                sent shouldContainExactly words
            }
        }

        test("a file is read ahead") {
            val file = Files.createTempFile("guide", ".bin")
            try {
                file.writeBytes(ByteArray(300_000) { 1 })
                over(4 * 64 * 1024) { buffers ->
                    var sum = 0L
                    LeasePipelines.file(file, buffers) { part -> for (at in 0 until part.size) sum += part.getByte(at) }
                    sum shouldBe 300_000
                }
            } finally {
                file.deleteExisting()
            }
        }

        test("a socket gets back what it sent") {
            over(16 * 1024) { buffers ->
                withContext(Dispatchers.IO) {
                    AsynchronousServerSocketChannel.open().use { server ->
                        server.bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        Socket(InetAddress.getLoopbackAddress(), (server.localAddress as InetSocketAddress).port).use {
                            server.accept().get().use { accepted ->
                                val echo = launch { LeasePipelines.echo(accepted, buffers) }
                                it.getOutputStream().write(ByteArray(100) { at -> at.toByte() })
                                it.shutdownOutput()
                                it.getInputStream().readNBytes(100).last() shouldBe 99
                                echo.join()
                            }
                        }
                    }
                }
            }
        }
    }

    private suspend fun over(capacity: Long, block: suspend (SuspendingPool) -> Unit) {
        MemoryPool.isolated("guide").use { memory ->
            SuspendingPool(memory, capacity).use { buffers ->
                block(buffers)
                buffers.stats().used shouldBe 0
            }
            memory.stats().used shouldBe 0
        }
    }
}
