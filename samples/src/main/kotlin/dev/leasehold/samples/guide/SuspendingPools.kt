package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.withLease
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

/** The guide's snippets on suspending pools. What stands between a region's comments is what docs/guide.md shows. */
internal object SuspendingPools {
    suspend fun receive(fill: suspend (SharedLease) -> Unit, use: suspend (SharedLease) -> Unit) {
        // region wait in a coroutine
        val memory = MemoryPool.isolated("uploads") { limit = 16.MiB }
        val buffers = SuspendingPool(memory, capacity = 8.MiB) // at most 8 MiB are out at a time,
        buffers.withLease(64 * 1024) { lease ->
            // and a rent for more is suspended until some come back
            fill(lease)
            use(lease)
        } // Given back here, and handed to the one that has waited longest.
        // endregion
        buffers.close()
        memory.close()
    }

    suspend fun scope(
        buffers: SuspendingPool,
        read: suspend (SharedLease) -> Unit,
        decode: suspend (SharedLease, SharedLease) -> Unit,
    ) {
        // region own it in a suspending scope
        memoryScope(buffers, "upload") {
            val input = rent(64 * 1024) // the scope owns it before this returns
            read(input)
            launch {
                val output = rent(128 * 1024) // children rent for the scope,
                decode(input, output) // and may use each other's leases
            }
        } // Closed when the body and all children have ended, the newest first.
        // endregion
    }

    suspend fun several(buffers: SuspendingPool, copy: suspend (SharedLease, SharedLease) -> Unit) {
        // region rent several at once
        buffers.rentAll(4096, 64 * 1024).use { (header, body) -> copy(header, body) }
        // endregion
    }

    suspend fun inTime(buffers: SuspendingPool, answer: suspend (SharedLease) -> Unit, busy: suspend () -> Unit) {
        // region wait for so long
        val lease = buffers.rentOrNull(64 * 1024, timeout = 200.milliseconds)
        if (lease == null) busy() else lease.use { answer(it) }
        // endregion
    }

    suspend fun handOver(buffers: SuspendingPool, keep: (SharedLease) -> Unit, fill: suspend (SharedLease) -> Unit) {
        // region move a lease
        memoryScope(buffers) {
            val lease = rent(4096)
            fill(lease) // as long as this fails or is cancelled, the scope closes the lease
            keep(lease.move()) // from here on it is not the scope's, and its keeper closes it
        }
        // endregion
    }

    suspend fun session(buffers: SuspendingPool, connections: CoroutineScope, serve: suspend (SharedLease) -> Unit) {
        // region bind it to a job
        val connection = connections.launch {
            val buffer = buffers.leaseIn(currentCoroutineContext().job, 4096)
            serve(buffer)
            awaitCancellation()
        } // However this job ends, the buffer goes back.
        // endregion
        connection.join()
    }

    fun watch(buffers: SuspendingPool, gauge: (String, Long) -> Unit) {
        // region see who waits
        val stats = buffers.stats()
        gauge("buffers.used", stats.used)
        gauge("buffers.waiters", stats.waiters.toLong())
        // endregion
    }
}
