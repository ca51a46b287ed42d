package dev.leasehold.memory.io.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.io.asSource
import dev.leasehold.memory.io.readLease
import kotlinx.io.RawSource
import kotlinx.io.Sink

internal fun copyUpload(upload: RawSource, size: Long, pool: MemoryPool, target: Sink) {
    upload.readLease(pool, size).use { lease ->
        target.transferFrom(lease.asSource())
    }
}
