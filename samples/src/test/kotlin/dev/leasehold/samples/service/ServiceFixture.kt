package dev.leasehold.samples.service

import dev.leasehold.memory.MiB
import dev.leasehold.testing.await
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit.MINUTES

internal const val LINE = "Kardal;10.0\n"
internal const val LINE_ANSWER = "{Kardal=10.0/10.0/10.0}"

/** A service on real sockets, with its memory and what it reported. */
internal class ServiceFixture(
    val service: MeasurementService,
    val memory: ServiceMemory,
    private val refusals: LinkedBlockingQueue<String>,
) {
    /** How many bytes of leases are out, the total's apart. */
    val used: Long get() = memory.connections.stats().used + memory.largeTables.stats().used

    /** A connection; one with a small [receiveBuffer] makes the service wait until its answer is read. */
    fun connect(receiveBuffer: Int = 0): Socket = Socket().apply {
        soTimeout = 120_000
        if (receiveBuffer > 0) receiveBufferSize = receiveBuffer
        connect(InetSocketAddress(InetAddress.getLoopbackAddress(), service.port))
    }

    /** Connections that have sent one line each, once the service has taken those lines. */
    fun holders(count: Int): List<Socket> {
        val before = service.rows
        val sockets = List(count) { connect().apply { send(LINE) } }
        await("$count lines are taken") { service.rows == before + count }
        return sockets
    }

    fun Socket.send(text: String): Unit = getOutputStream().write(text.toByteArray())

    /** Closes the output of a connection and reads the answer, without its line end. */
    fun finish(socket: Socket): String = socket.use {
        if (!it.isOutputShutdown) it.shutdownOutput()
        it.getInputStream().readAllBytes().toString(Charsets.UTF_8).trimEnd('\n')
    }

    /** Sends [bytes] in pieces of [piece] bytes through a connection of their own, and returns the answer. */
    fun talk(bytes: ByteArray, piece: Int = Int.MAX_VALUE): String {
        val socket = connect().apply { tcpNoDelay = true }
        for (start in bytes.indices step minOf(piece, bytes.size).coerceAtLeast(1)) {
            socket.getOutputStream().write(bytes, start, minOf(piece, bytes.size - start))
        }
        return finish(socket)
    }

    fun talk(text: String, piece: Int = Int.MAX_VALUE): String = talk(text.toByteArray(), piece)

    fun nextRefusal(): String = checkNotNull(refusals.poll(2, MINUTES)) { "the service reported no refusal" }
}

/** Runs [test] against a service with [limit] bytes, which must keep to its limit and give back every byte. */
internal fun withService(limit: Long = 8.MiB, test: ServiceFixture.() -> Unit): Unit =
    ServiceMemory(limit).use { memory ->
        val refusals = LinkedBlockingQueue<String>()
        MeasurementService.start(memory) { refusals.add(it) }.use { ServiceFixture(it, memory, refusals).test() }
        memory.pools.forEach { it.stats().used shouldBe 0 }
        memory.peak shouldBeLessThanOrEqual limit
    }
