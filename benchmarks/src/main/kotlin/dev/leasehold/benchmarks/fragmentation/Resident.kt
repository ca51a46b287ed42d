package dev.leasehold.benchmarks.fragmentation

import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.readLines

/**
 * How much of this process lies in physical memory, in bytes; null where the system does not say, as other than Linux.
 */
internal fun residentBytes(): Long? {
    val status = Path.of("/proc/self/status")
    if (!Files.isReadable(status)) return null
    val line = status.readLines().find { it.startsWith("VmRSS:") } ?: return null
    return line.filter(Char::isDigit).toLong() * 1024
}
