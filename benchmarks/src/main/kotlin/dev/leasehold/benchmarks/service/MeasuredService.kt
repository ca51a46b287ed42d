package dev.leasehold.benchmarks.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.samples.service.Clients
import dev.leasehold.samples.service.GeneratedRows
import dev.leasehold.samples.service.MeasurementService
import dev.leasehold.samples.service.ServiceMemory
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking

/** The versions of the measurement service that are compared. All speak the same protocol. */
enum class Version {
    /** The service of the samples: a coroutine for each connection, on leased memory. */
    COROUTINES,

    /** A thread for each connection, on leased memory. */
    THREADS,

    /** A thread for each connection, with strings and a `HashMap`. */
    HEAP,
}

/**
 * One version of the service with its clients, which send the same [rows] lines as often as wanted.
 *
 * **Ownership.** The caller closes it, and learns then whether all memory has come back.
 * **Threads.** For one caller at a time; the clients and the service have their own.
 */
class MeasuredService(version: Version, rows: Long, clients: Int) : AutoCloseable {
    private val pool = MemoryPool.isolated("threads")
    private val memory = ServiceMemory(64.MiB)
    private val clientPool = MemoryPool.isolated("clients")
    private val rows = GeneratedRows(rows, clients, seed = 42)
    private val service: AutoCloseable
    private val clients: Clients

    init {
        val port = when (version) {
            Version.COROUTINES -> MeasurementService.start(memory).also { service = it }.port
            Version.THREADS -> ThreadedService { serveFromLeases(it, pool) }.also { service = it }.port
            Version.HEAP -> ThreadedService(::serveFromHeap).also { service = it }.port
        }
        this.clients = Clients(port, SuspendingPool(clientPool, capacity = 64.MiB))
    }

    /** Sends all lines once, and returns each client's reply. */
    fun send(): List<String> = runBlocking(Dispatchers.Default) { clients.send(rows) }

    /** @throws dev.leasehold.memory.OutstandingLeasesException when memory was lost */
    override fun close() {
        service.close()
        memory.close()
        pool.close()
        clientPool.close()
    }
}
