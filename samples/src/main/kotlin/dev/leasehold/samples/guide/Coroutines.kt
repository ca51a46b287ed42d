package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.getUtf8

/** The guide's snippet on coroutines. What stands between the region's comments is what docs/guide.md shows. */
internal object Coroutines {
    suspend fun fetchText(pool: MemoryPool, fetch: suspend (SharedLease) -> Long): String {
        // region hold it in a coroutine
        val text = pool.withLease(4096) { lease ->
            val length = fetch(lease) // may suspend, and go on on another thread
            lease.withSegment { bytes -> bytes.getUtf8(0, length) }
        } // Closed here, also when the coroutine fails or is cancelled.
        // endregion
        return text
    }
}
