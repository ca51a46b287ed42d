package dev.leasehold.memory.internal.platform

import java.lang.foreign.Arena
import java.lang.foreign.ValueLayout.JAVA_LONG

/**
 * Linux's answer to where the next region lies, without a text (`PROCMAP_QUERY`, since Linux 6.11): some two
 * microseconds a region, where to read and parse all of them takes some sixty.
 */
internal class RegionQuery private constructor(private val descriptor: Int) {
    /** The regions from [first] to [last]; null when they are many, so that to parse all is quicker. */
    fun within(first: Long, last: Long): Regions? = Arena.ofConfined().use { arena ->
        val query = arena.allocate(BYTES, Long.SIZE_BYTES.toLong())
        query.set(JAVA_LONG, SIZE, BYTES)
        query.set(JAVA_LONG, FLAGS, THIS_OR_NEXT)
        val firsts = LongArray(MOST)
        val lasts = LongArray(MOST)
        var count = 0
        var at = first
        while (true) {
            query.set(JAVA_LONG, ADDRESS, at)
            val result = ProcessCalls.ioctl(descriptor, REQUEST, query)
            if (result == -NOTHING) break
            if (result < 0 || count == MOST) return null
            val start = query.get(JAVA_LONG, START)
            if (java.lang.Long.compareUnsigned(start, last) > 0) break
            firsts[count] = start
            at = query.get(JAVA_LONG, END)
            lasts[count++] = at - 1
            if (java.lang.Long.compareUnsigned(at - 1, last) >= 0) break
        }
        Regions(count, firsts, lasts)
    }

    internal companion object {
        private const val MOST = 24

        // struct procmap_query of fs.h, and the request that is made of its size.
        private const val REQUEST = 0xc068_6611L
        private const val BYTES = 104L
        private const val SIZE = 0L
        private const val FLAGS = 8L
        private const val ADDRESS = 16L
        private const val START = 24L
        private const val END = 32L
        private const val THIS_OR_NEXT = 0x10L
        private const val NOTHING = 2

        private const val CLOSE_ON_EXEC = 0x8_0000

        /** The query of this process's own regions; null where the system has none. */
        fun open(): RegionQuery? {
            val descriptor = FileCalls.open("/proc/self/maps", CLOSE_ON_EXEC, 0)
            if (descriptor < 0) return null
            val query = RegionQuery(descriptor)
            if (query.within(0, 0) != null) return query
            val _ = FileCalls.close(descriptor)
            return null
        }
    }
}
