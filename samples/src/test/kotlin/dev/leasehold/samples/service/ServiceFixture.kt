package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolOptions
import io.kotest.matchers.shouldBe
import java.net.InetAddress
import java.net.Socket
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** A service on real sockets, with what it told its operator. */
internal class ServiceFixture(
    val service: MeasurementService,
    val pool: MemoryPool,
    private val refusals: LinkedBlockingQueue<Refusal>,
) {
    fun connect(): Socket = Socket(InetAddress.getLoopbackAddress(), service.port).apply { soTimeout = 120_000 }

    /** Sends [bytes] in pieces of [piece] bytes, closes the output and reads the answer, without its line feed. */
    fun talk(bytes: ByteArray, piece: Int = Int.MAX_VALUE): String = connect().use { socket ->
        socket.tcpNoDelay = true
        for (start in bytes.indices step minOf(piece, bytes.size).coerceAtLeast(1)) {
            socket.getOutputStream().write(bytes, start, minOf(piece, bytes.size - start))
        }
        socket.shutdownOutput()
        answer(socket)
    }

    fun talk(text: String, piece: Int = Int.MAX_VALUE): String = talk(text.toByteArray(), piece)

    fun answer(socket: Socket): String = socket.getInputStream().readAllBytes().toString(Charsets.UTF_8).trimEnd('\n')

    fun nextRefusal(): Refusal = checkNotNull(refusals.poll(2, TimeUnit.MINUTES)) { "the service reported no refusal" }
}

/** Runs [test] against a leased service of [kind], and then holds it to having given back every byte. */
internal fun withService(
    kind: ServiceKind = ServiceKind.PLATFORM,
    bufferSize: Long = LeasedConversation.BUFFER_SIZE,
    options: PoolOptions.() -> Unit = {},
    test: ServiceFixture.() -> Unit,
) {
    MemoryPool.isolated("test service", options).use { pool ->
        val told = LinkedBlockingQueue<Refusal>()
        val service = when (kind) {
            ServiceKind.COROUTINES -> CoroutineService(ServiceMemory.sharing(pool)) { told.add(it) }
            else -> ThreadedService(LeasedConversation(pool, bufferSize), kind.threads()) { told.add(it) }
        }
        service.use { ServiceFixture(it, pool, told).test() }
        pool.stats().used shouldBe 0
    }
}
