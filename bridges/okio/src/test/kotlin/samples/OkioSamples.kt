package dev.leasehold.memory.okio.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.okio.asSource
import dev.leasehold.memory.okio.readLease
import okio.BufferedSink
import okio.Source

internal fun copyUpload(upload: Source, size: Long, pool: MemoryPool, target: BufferedSink) {
    upload.readLease(pool, size).use { lease ->
        target.writeAll(lease.asSource())
    }
}
