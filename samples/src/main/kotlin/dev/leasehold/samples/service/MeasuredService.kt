package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool

/**
 * One version of the service and its clients, for somebody who measures from outside, as the benchmarks do: the same lines over
 * loopback TCP, as often as wanted, without a word on the console.
 *
 * **Ownership.** Whoever starts it closes it, and finds then that all memory has come back.
 * **Threads.** One calls; the clients and the service have their own.
 */
public class MeasuredService private constructor(
    start: (MemoryPool) -> MeasurementService,
    private val workload: Workload,
) : AutoCloseable {
    private val clientPool = MemoryPool.isolated("clients")
    private val pool = MemoryPool.isolated("measurements")
    private val service = start(pool)
    private var sources = emptyList<RowSource>()
    private var closed = false

    /** Makes ready what the clients are to send next, which is no part of the service's work. */
    public fun prepare() {
        check(!closed) { "this service has been closed: start another one" }
        sources.forEach(RowSource::close)
        sources = List(workload.clients) { workload.open(it, clientPool) }
    }

    /** Sends what [prepare] made ready, once, and answers what the clients were answered, each by a line of its own. */
    public fun send(): List<String> {
        check(!closed) { "this service has been closed: start another one" }
        return ClientCrowd(clientPool, workload.clients, slow = 0).use { crowd ->
            crowd.send(sources, service.port).map { it.text() }
        }
    }

    /**
     * Ends the clients and the service.
     *
     * @throws IllegalStateException when the service has lost memory
     */
    override fun close() {
        closed = true
        sources.forEach(RowSource::close)
        service.close()
        val lost = pool.stats().used
        pool.close()
        clientPool.close()
        check(lost == 0L) { "the service has lost $lost bytes of pool '${pool.name}'" }
    }

    public companion object {
        private const val SEED = 42L

        /** The service of coroutines on leased memory, sent [rows] generated lines by [clients] connections at a time. */
        @JvmStatic
        public fun leased(rows: Int, clients: Int): MeasuredService =
            MeasuredService(MeasurementService::start, generated(rows, clients))

        /** The same work as one writes it on the heap, with a thread for each connection, to compare with. */
        @JvmStatic
        public fun heap(rows: Int, clients: Int): MeasuredService =
            MeasuredService({ ThreadedService(HeapConversation()) }, generated(rows, clients))

        private fun generated(rows: Int, clients: Int) =
            GeneratedRows(rows.toLong(), clients, SEED, StationNames.make(StationNames.DEFAULT_COUNT))
    }
}
