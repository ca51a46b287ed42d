package dev.leasehold.samples.service

import dev.leasehold.memory.coroutines.memoryScope
import java.util.concurrent.atomic.LongAdder

/**
 * Serves a connection from leased memory, as `LeasedConversation` does, but *waits* where that refuses: when the bytes are
 * out, `rent` suspends, nothing is read meanwhile, and TCP makes the client wait.
 *
 * ```
 * silent, nothing sent yet    holds nothing
 * first byte                  waits for 64 KiB             (first line)
 * too many stations           waits for a large table      (second line)
 * answered, refused, lost     the scope gives back both
 * ```
 *
 * Why two lines, in this order: see [ServiceMemory]. The leases are [shared ones][dev.leasehold.memory.SharedLease], because
 * a coroutine goes on on whatever thread is free; only one coroutine uses them at a time, so the rows need no locks, and
 * the segments are taken out once, so they cost what a thread's own lease costs.
 */
internal class CoroutineConversation(memory: ServiceMemory) : AutoCloseable {
    private val connections = memory.connections
    private val largeTables = memory.largeTables
    private val totals = memory.totals()

    /** Who has waited for memory. */
    val waits: Waits = Waits()

    /**
     * Reads [wire] up to its end and answers; adds to [rows] the lines taken, as they are taken.
     *
     * @throws LineRefusedException at a line that cannot be taken; the service tells the client
     */
    suspend fun serve(wire: Wire, rows: LongAdder) {
        wire.awaitBytes()
        memoryScope(connections, "connection") {
            val ground = connections.tryRent(GroundPlan.CONNECTION) ?: waits.during { rent(GroundPlan.CONNECTION) }
            val stream = CoroutineStream(wire, ground.segment, rows) {
                val large = largeTables.tryRent(GroundPlan.LARGE)
                    ?: waits.during { largeTables.rent(GroundPlan.LARGE) }
                large.segment
            }
            stream.readAll()
            totals.add(stream.table)
            stream.answer()
        }
    }

    /** The answer over all the streams that were answered so far. */
    fun total(): String = totals.answer()

    /** Gives back what the totals are kept in. No connection may be under way. */
    override fun close(): Unit = totals.close()
}
