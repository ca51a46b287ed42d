package dev.leasehold.memory.dsl.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.dsl.allocateLongs
import dev.leasehold.memory.dsl.memoryScope

internal fun sumOfSquares(pool: MemoryPool, count: Long): Long = memoryScope(pool) {
    val squares = allocateLongs(count)
    for (i in 0 until count) squares[i] = i * i
    var sum = 0L
    squares.forEach { sum += it }
    sum
}

internal fun deferredReport(pool: MemoryPool, report: (String) -> Unit): Unit = memoryScope(pool) {
    val lease = pool.rent(1024)
    defer { report("${lease.segment.size} bytes are still leased here") }
    lease.segment.zero()
}
