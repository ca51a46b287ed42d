package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool

/**
 * A measurement service on the loopback interface.
 *
 * **Protocol.** A client connects, streams lines (see `LineFormat`) and closes its output. The service answers with
 * one line and closes: the sorted `{name=min/mean/max, ...}` over that stream, or, as soon as a line cannot be taken,
 * `ERROR line <number>: <reason>`. After an error it reads on and drops what it reads, because a connection
 * that is closed with unread bytes is reset, and the client would lose the answer.
 *
 * There are two: `CoroutineService`, whose connections are coroutines that wait for memory, and `ThreadedService`, with
 * a thread for each connection.
 *
 * **Ownership.** Whoever starts it closes it.
 * **Threads.** All of this may be called from any thread.
 */
public sealed interface MeasurementService : AutoCloseable {
    /** The port that it listens on, chosen by the system. */
    public val port: Int

    /** How many lines have been taken over all connections. */
    public val rows: Long

    /** The answer over all the streams that were answered so far. */
    public fun total(): String

    /** Stops: no new connections, the open ones are cut, and all memory has been given back when this returns. */
    override fun close()

    public companion object {
        /** How many connections may stand in the system's line while the service is busy accepting others. */
        internal const val BACKLOG: Int = 4096

        /**
         * Starts a service whose connections rent from [pool]: at most 64 MiB, and at most half of the pool's limit. The
         * pool stays the caller's.
         */
        @JvmStatic
        public fun start(pool: MemoryPool): MeasurementService = CoroutineService(ServiceMemory.sharing(pool))
    }
}
