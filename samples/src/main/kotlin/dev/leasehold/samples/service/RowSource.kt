package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment

/** Where a client's bytes come from. For one thread at a time. Whoever opens it closes it; closing again does nothing. */
internal interface RowSource : AutoCloseable {
    /** Fills [target] from its start with what comes next, and answers how many bytes that was; 0 at the end. */
    fun fill(target: Segment): Long

    override fun close()
}

/** What all clients together send. The same every time it is opened. */
internal interface Workload {
    /** How many lines there are. */
    val rows: Long

    /** How many clients share them. */
    val clients: Int

    /** What it is, for the first line of the output. */
    val description: String

    /** How many files each open part keeps open. */
    val filesPerClient: Int

    /** Opens the part of [client], 0 until [clients], with memory of [pool]; any one thread at a time may read it. */
    fun open(client: Int, pool: MemoryPool): RowSource

    /** Where line [line] of [client] is to be found, for messages. */
    fun place(client: Int, line: Long): String
}
