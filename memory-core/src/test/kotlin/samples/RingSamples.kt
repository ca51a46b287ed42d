package dev.leasehold.memory.samples

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.ConcurrentBitmap

internal fun chunksBetweenThreads(manager: MemoryManager, count: Int): Long {
    ChunkRing(manager, 4.KiB).use { ring ->
        val writer = Thread.ofVirtual().start {
            repeat(count) { number -> ring.write(8) { it.setLong(0, number.toLong()) } } // waits while it is full
            ring.close() // no more: the reader gets what is left, and then ends
        }
        var sum = 0L
        ring.consumeEach { sum += it.getLong(0) } // waits while it is empty
        writer.join()
        return sum
    }
}

internal fun numberedPlaces(manager: MemoryManager): List<Long> {
    ConcurrentBitmap(manager, 128).use { places ->
        val three = places.allocate(3) // three that follow one another
        val one = places.allocate()
        places.free(three, 3)
        return listOf(three, one, places.count())
    }
}
