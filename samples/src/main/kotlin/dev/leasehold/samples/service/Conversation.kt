package dev.leasehold.samples.service

import java.nio.channels.SocketChannel
import java.util.concurrent.atomic.LongAdder

/**
 * How one connection is served, from the first byte to the answer. There are two: [LeasedConversation], the point of
 * this program, and [HeapConversation], what it is compared with. Around them the service is the same.
 *
 * One object serves all connections, each on its own thread.
 */
internal interface Conversation : AutoCloseable {
    /**
     * Reads [channel] up to its end and answers; adds to [rows] the lines taken, as they are taken.
     *
     * @throws LineRefusedException at a line that cannot be taken; the service tells the client
     */
    fun serve(channel: SocketChannel, rows: LongAdder)

    /** The answer over all the streams that were answered so far. */
    fun total(): String

    /** Gives back what [total] is kept in. */
    override fun close()
}
