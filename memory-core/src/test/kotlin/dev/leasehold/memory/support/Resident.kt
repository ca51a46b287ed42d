package dev.leasehold.memory.support

import kotlin.io.path.Path
import kotlin.io.path.readLines

/** How many bytes of the mapping that holds [address] are in memory, as the system counts; 0 when there is none. */
internal fun residentAt(address: Long): Long {
    var isIt = false
    for (line in Path("/proc/self/smaps").readLines()) {
        val range = RANGE.matchAt(line, 0)
        if (range != null) {
            val (from, until) = range.destructured
            isIt = address in java.lang.Long.parseUnsignedLong(from, 16)..<java.lang.Long.parseUnsignedLong(until, 16)
        } else if (isIt && line.startsWith("Rss:")) {
            return line.filter(Char::isDigit).toLong() * 1024
        }
    }
    return 0
}

private val RANGE = Regex("([0-9a-f]+)-([0-9a-f]+) ")
