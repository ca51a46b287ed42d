package dev.leasehold.samples.service

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration.Companion.seconds

/**
 * All clients of a run, as coroutines on a few threads of their own: thousands of them take no thread each, and what they
 * cost the processors can be told from what the service costs.
 *
 * First all connect, so that they are there at the same time. Then the slow ones begin, and when each has sent its first
 * bytes, the others follow. Slow clients are slow until all others have their answers, or until their [patience] ends, after two
 * seconds, where those wait for memory that the slow ones hold.
 */
internal class ClientCrowd(
    private val pool: MemoryPool,
    private val count: Int,
    private val slow: Int,
    private val patience: suspend () -> Unit = PATIENCE,
) : AutoCloseable {
    private val loops = EventLoops("clients", minOf(count, Runtime.getRuntime().availableProcessors()))
    private val answers = ConcurrentLinkedQueue<Answer>()
    private val chunk = (MEMORY / count).coerceIn(LEAST_CHUNK, MOST_CHUNK)

    /** What the clients have had of the processors' time, in nanoseconds. */
    fun processorNanos(): Long = loops.processorNanos()

    /** Sends each of [sources] through a connection of its own to [port], and answers what came back: this crowd's. */
    fun send(sources: List<RowSource>, port: Int): List<Answer> = runBlocking {
        val start = Start(port)
        coroutineScope {
            val answers = sources.mapIndexed { client, source -> async(loops[client]) { start.send(client, source) } }
            val others = launch { endSlowness(start, answers) }
            answers.awaitAll().also { others.join() }
        }
    }

    override fun close() {
        loops.close()
        answers.forEach { it.close() }
    }

    private suspend fun endSlowness(start: Start, answers: List<Deferred<Answer>>) {
        start.slowBegun.await()
        coroutineScope {
            val others = launch { answers.drop(slow).joinAll() }
            val end = launch { patience() }
            select {
                others.onJoin {}
                end.onJoin {}
            }
            others.cancel()
            end.cancel()
        }
        start.slowness.end()
    }

    private inner class Start(port: Int) {
        val slowness = Slowness()
        val slowBegun = Barrier(slow)
        private val connected = Barrier(count)
        private val address = InetSocketAddress(InetAddress.getLoopbackAddress(), port)

        /** More at a time could overflow the line of connections to accept, and wait a second to try again. */
        private val connecting = Semaphore(CONNECTING)

        suspend fun send(client: Int, source: RowSource): Answer {
            val isSlow = client < slow
            val window = if (isSlow) Slowness.RECEIVE_BUFFER else 0
            return connecting.withPermit { Wire.connect(address, loops[client], window) }.use { wire ->
                connected.arrive()
                connected.await()
                if (isSlow) sendSlowly(client, wire, source) else sendFast(wire, source)
            }.also { answers += it }
        }

        private suspend fun sendFast(wire: Wire, source: RowSource): Answer {
            slowBegun.await()
            return MeasurementClient(pool, chunk).talk(wire, source) {}
        }

        private suspend fun sendSlowly(client: Int, wire: Wire, source: RowSource): Answer {
            var begun = false
            return MeasurementClient(pool, chunk, slowness, slowReader = client % 2 == 1).talk(wire, source) {
                if (!begun) slowBegun.arrive()
                begun = true
            }
        }
    }

    companion object {
        /** Returns when slow clients have been slow for long enough. */
        val PATIENCE: suspend () -> Unit = { delay(2.seconds) }

        /** What all clients together rent to send from. */
        private val MEMORY = 64.MiB
        private val LEAST_CHUNK = 4.KiB
        private val MOST_CHUNK = 256.KiB
        private const val CONNECTING = 256
    }
}
