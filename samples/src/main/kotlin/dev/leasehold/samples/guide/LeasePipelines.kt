package dev.leasehold.samples.guide

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.LeaseChannel
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.readLeases
import dev.leasehold.memory.coroutines.withLeases
import dev.leasehold.memory.coroutines.writeAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.launch
import java.nio.channels.AsynchronousSocketChannel
import java.nio.file.Path

/**
 * The guide's snippets on channels and flows of leases. What stands between a region's comments is what docs/guide.md
 * shows.
 */
internal object LeasePipelines {
    suspend fun channel(
        buffers: SuspendingPool,
        parts: List<String>,
        encode: suspend (String, SharedLease) -> Unit,
        write: suspend (SharedLease) -> Unit,
    ): Unit = coroutineScope {
        // region send leases
        val encoded = leaseChannel(capacity = 4)
        launch {
            memoryScope(buffers) {
                for (part in parts) {
                    val lease = rent(4096)
                    encode(part, lease)
                    encoded.send(lease) // from here on the lease is the channel's, and no more the scope's
                }
            }
            encoded.close()
        }
        encoded.consumeLeases { lease -> write(lease) } // closes each lease after its block
        // endregion
    }

    suspend fun channelAsFlow(
        encoded: LeaseChannel<SharedLease>,
        isWanted: (Segment) -> Boolean,
        write: suspend (SharedLease) -> Unit,
    ) {
        // region collect a channel of leases
        encoded.consumeAsFlow()
            .filter { lease -> lease.withSegment { isWanted(it) } } // what this drops goes back, too
            .collect { lease -> write(lease) }
        // endregion
    }

    suspend fun flow(
        rows: Flow<String>,
        buffers: SuspendingPool,
        encode: (String, Segment) -> Long,
        send: suspend (FilledLease) -> Unit,
    ) {
        // region lease a buffer per element
        rows.withLeases(buffers, 4096) { row, lease -> FilledLease(lease, lease.withSegment { encode(row, it) }) }
            .collect { filled -> send(filled) } // the lease is closed after this block
        // endregion
    }

    suspend fun file(file: Path, buffers: SuspendingPool, digest: (Segment) -> Unit) {
        // region read a file into leases
        file.readLeases(buffers, 64 * 1024)
            .bufferLeases(2) { it.lease } // reads ahead, as far as two leases
            .collect { part -> part.withSegment { digest(it) } }
        // endregion
    }

    suspend fun echo(socket: AsynchronousSocketChannel, buffers: SuspendingPool) {
        // region read a socket into leases
        socket.readLeases(buffers, 16 * 1024).collect { part -> socket.writeAll(part) }
        // endregion
    }
}
