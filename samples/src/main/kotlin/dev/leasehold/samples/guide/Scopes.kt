package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.dsl.MemoryScope
import dev.leasehold.memory.dsl.allocateLongs
import dev.leasehold.memory.dsl.allocateUtf8
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.memory.typed.asLongs

/** The guide's snippets on scopes. What stands between a region's comments is what docs/guide.md shows. */
internal object Scopes {
    fun owned(pool: MemoryPool): Long {
        // region let a scope own it
        val largest = memoryScope(pool) {
            val numbers = pool.rent(8 * 100).segment.asLongs() // the scope closes this lease
            for (index in 0L until numbers.size) numbers[index] = index * 37 % 101
            pool.rent(4096).use { scratch -> scratch.segment.zero() } // given back here, before the scope ends
            numbers.sort()
            numbers[numbers.size - 1]
        }
        // endregion
        return largest
    }

    fun carved(pool: MemoryPool, log: (String) -> Unit): Long {
        // region many small ones
        val length = memoryScope(pool, name = "header") {
            defer { log("the header is done") }
            val station = allocateUtf8("Kardal") // as long as the text is in UTF-8
            val figures = allocateLongs(3) // aligned, not zeroed
            figures.fill(7)
            station.size + figures.size
        }
        // endregion
        return length
    }

    // region needs a scope
    fun MemoryScope.zeroedLongs(count: Long) = allocateLongs(count).also { it.fill(0) }
    // endregion
}
