package dev.leasehold.memory.dsl.fault

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.dsl.MemoryScope
import dev.leasehold.memory.dsl.memoryScope

/** Scopes of every shape, in code that fails as the library does: much of it is inlined here. */
internal object FaultyScopes {
    fun ofOneLease(pool: MemoryPool): Unit = memoryScope(pool) { pool.rent(100).segment.setByte(0, 1) }

    fun ofOneLargeLease(pool: MemoryPool): Unit = memoryScope(pool) { pool.rent(100_000).segment.setByte(0, 1) }

    fun ofSeveralLeases(pool: MemoryPool): Unit = memoryScope(pool, "several") {
        repeat(3) { pool.rent(1000).segment.setByte(0, 1) }
    }

    fun ofSharedLeases(pool: MemoryPool): Unit = memoryScope(pool) {
        pool.rentShared(100).withSegment { it.setByte(0, 1) }
        pool.rentShared(5000).keptSegment.setByte(0, 1)
        pool.rent(100)
    }

    fun ofAllocations(pool: MemoryPool): Unit = memoryScope(pool) {
        repeat(8) { allocate(700).setByte(0, 1) }
        allocate(100_000).setByte(0, 1)
    }

    fun withDeferred(pool: MemoryPool): Unit = memoryScope(pool) {
        defer { pool.rent(100).segment.setByte(0, 1) }
        val lease = pool.rent(1000)
        defer { lease.segment.setByte(0, 1) }
    }

    fun nested(pool: MemoryPool): Unit = memoryScope(pool) {
        pool.rent(100)
        memoryScope(pool) { pool.rent(1000).segment.setByte(0, 1) }
        pool.rent(5000)
    }

    fun ofManyClosed(pool: MemoryPool): Unit = memoryScope(pool) {
        repeat(20) {
            val lease = pool.rentShared(100)
            if (it % 2 == 0) lease.close()
        }
    }

    fun whoseBodyFails(pool: MemoryPool) {
        try {
            memoryScope(pool) {
                repeat(2) { pool.rent(1000) }
                throw Expected
            }
        } catch (_: Expected) {
            return
        }
    }

    fun closable(pool: MemoryPool): Unit = MemoryScope.open(pool).use { scope ->
        repeat(3) { scope.rent(pool, 1000).segment.setByte(0, 1) }
    }

    private object Expected : RuntimeException("expected", null, false, false) {
        private fun readResolve(): Any = Expected
    }
}
